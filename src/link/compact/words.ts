/*
 * What envelopes say again and again, as small integers. Position is meaning: both tables only ever grow at their end.
 */

/**
 * Names of members (RFC 7515, 7516, 7517, DIDComm v2.1; services in a did:peer:2): a key `n` of a map is the name at `n`.
 */
export const NAMES: readonly string[] = [
  ...['protected', 'recipients', 'header', 'kid', 'encrypted_key', 'iv', 'ciphertext', 'tag'],
  ...['typ', 'alg', 'enc', 'epk', 'kty', 'crv', 'x', 'y', 'apv', 'apu', 'skid'],
  ...['payload', 'signatures', 'signature', 'uri', 't', 's', 'a', 'r'],
];

/** Values of members: the negative integer `-1 - n` is the text at `n`. */
export const WORDS: readonly string[] = [
  ...['application/didcomm-encrypted+json', 'application/didcomm-signed+json', 'application/didcomm-plain+json'],
  ...['ECDH-1PU+A256KW', 'ECDH-ES+A256KW', 'A256CBC-HS512', 'XC20P', 'A256GCM'],
  ...['OKP', 'EC', 'X25519', 'P-256', 'P-384', 'P-521', 'Ed25519', 'secp256k1', 'EdDSA', 'ES256', 'ES256K'],
  ...['dm', 'didcomm/v2'],
];

const KEY_OF_NAME: ReadonlyMap<string, number> = new Map(NAMES.map((name, n) => [name, n]));
const NUMBER_OF_WORD: ReadonlyMap<string, number> = new Map(WORDS.map((word, n) => [word, -1 - n]));

/** The key of a member: a small integer where its name is in the table. */
export function keyOf(name: string): number | string {
  return KEY_OF_NAME.get(name) ?? name;
}

/** The integer of a text that is in the table. */
export function numberOfWord(text: string): number | undefined {
  return NUMBER_OF_WORD.get(text);
}
