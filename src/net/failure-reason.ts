/** What is wrong with a certificate, by the codes of OpenSSL and of Node. */
const CERTIFICATE = /CERT|ISSUER|SIGNATURE|CA_|CRL/;
const TIMES: ReadonlySet<string> = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/**
 * Why there is no connection, from the errors of sockets, TLS and the resolver: their code says more than their text. A peer
 * whose certificate does not convince is not "away", and a clock that is behind makes certificates invalid.
 */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error.message;
  const [what = ''] = error.message.split('; if the root CA'); // advice of Node about options of Node
  const reason = what.includes(code) ? what : `${what} (${code})`.trimStart();
  if (TIMES.has(code)) return `its certificate is not valid now, if the clock of this machine is right: ${reason}`;
  return CERTIFICATE.test(code) ? `its certificate is not accepted: ${reason}` : reason;
}
