import { describe, expect, test } from 'vitest';
import { toBase64url } from '../../../src/core/base64url.js';
import type { AgreementCurve, PublicJwk } from '../../../src/crypto/jwk.js';
import { pooledAgreement } from '../../../src/crypto/node.js';
import { noble, node } from './support.js';

const CURVES: readonly AgreementCurve[] = ['X25519', 'P-256', 'P-384', 'P-521'];
const agree = pooledAgreement();

describe.skipIf(agree === undefined)('agreement on another thread', () => {
  if (agree === undefined) return;

  test.each(CURVES)('gives the same secrets: %s', async (curve) => {
    const ours = node.generateEphemeral(curve);
    const theirs = node.generateEphemeral(curve).publicJwk;
    const secret = node.agree(ours, node.importPublicKey(theirs));
    const many = Array.from({ length: 8 }, () => agree(ours, node.importPublicKey(theirs)));
    expect(await Promise.all(many)).toEqual(many.map(() => secret));
  });

  test('refuses a point of low order, in the words of the other one', async () => {
    const point = node.importPublicKey({ kty: 'OKP', crv: 'X25519', x: toBase64url(new Uint8Array(32)) } as PublicJwk);
    const ours = node.generateEphemeral('X25519');
    const pooled = await agree(ours, point).catch((error: unknown) => error);
    expect(pooled).toMatchObject({ code: 'ERR_KEY_INVALID' });
    expect(() => node.agree(ours, point)).toThrow((pooled as Error).message);
  });

  test('refuses keys of two curves, and keys of other primitives', async () => {
    const ours = node.generateEphemeral('X25519');
    const other = node.importPublicKey(node.generateEphemeral('P-256').publicJwk);
    await expect(agree(ours, other)).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    const foreign = noble.importPublicKey(noble.generateEphemeral('X25519').publicJwk);
    await expect(agree(ours, foreign)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
  });
});
