import { generateKeyPairSync, sign } from 'node:crypto';
import { concatBytes, utf8 } from '../../../src/core/bytes.js';

/** A key and a certificate in PEM, for a TLS server on this machine. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate (RFC 5280) for `hostnames`, signed by its own P-256 key, so that no tool is needed for it. */
export function createSelfSigned(hostnames: readonly string[]): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = der(0x30, oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const name = der(0x30, der(0x31, der(0x30, oid(0x55, 0x04, 0x03), der(0x0c, utf8('waypost test')))));
  const validity = der(0x30, der(0x17, utf8('200101000000Z')), der(0x18, utf8('21200101000000Z')));
  const alternativeNames = der(0x30, ...hostnames.map((hostname) => der(0x82, utf8(hostname))));
  const extensions = der(0xa3, der(0x30, der(0x30, oid(0x55, 0x1d, 0x11), der(0x04, alternativeNames))));
  const content = der(
    0x30,
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(1)),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = sign('sha256', content, privateKey);
  const certificate = der(0x30, content, ecdsaWithSha256, der(0x03, Uint8Array.of(0), signature));
  const base64 = Buffer.from(certificate).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  const { length } = content;
  if (length < 0x80) return concatBytes(Uint8Array.of(tag, length), content);
  if (length < 0x100) return concatBytes(Uint8Array.of(tag, 0x81, length), content);
  return concatBytes(Uint8Array.of(tag, 0x82, length >>> 8, length & 0xff), content);
}

function oid(...bytes: readonly number[]): Uint8Array {
  return der(0x06, Uint8Array.from(bytes));
}
