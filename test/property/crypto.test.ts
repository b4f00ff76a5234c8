import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBase64url } from '../../src/core/base64url.js';
import { isWaypostError } from '../../src/core/errors.js';
import { concatKdf256, kdfOtherInfo } from '../../src/crypto/concat-kdf.js';
import type { PublicJwk } from '../../src/crypto/jwk.js';
import { decodeMultikey, encodeMultibase58, encodeMultikey } from '../../src/crypto/multikey.js';
import { CONTENT_ENCRYPTION, FIELD_BYTES, type SignatureAlgorithm } from '../../src/crypto/primitives.js';
import { runs } from '../support/fuzz.js';
import { referenceKdf } from '../unit/crypto/reference-kdf.js';
import { CONTENT_ENCRYPTIONS, CURVES, failureOf, noble, node, PAIRS } from '../unit/crypto/support.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const curves = fc.constantFrom(...CURVES);

/** What an action gives: its value, or the code of its error. Any other error than ours fails the test. */
function outcomeOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (isWaypostError(error)) return { refused: error.code };
    throw error;
  }
}

function damaged(whole: Uint8Array, bit: number): Uint8Array {
  const copy = whole.slice();
  const at = Math.floor(bit / 8) % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

describe.each(PAIRS)('sealed bytes: $name', ({ from, to }) => {
  test.each(CONTENT_ENCRYPTIONS)('%s gives back every plaintext, and nothing after any flipped bit', (enc) => {
    const { keyBytes, ivBytes } = CONTENT_ENCRYPTION[enc];
    fc.assert(
      fc.property(
        bytes(keyBytes),
        bytes(ivBytes),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 600 }),
        fc.nat(),
        (key, iv, aad, plaintext, bit) => {
          const sealed = from.encrypt(enc, key, iv, aad, plaintext);
          expect(to.decrypt(enc, key, iv, aad, sealed)).toEqual(plaintext);

          const badTag = { ...sealed, tag: damaged(sealed.tag, bit) };
          expect(failureOf(() => to.decrypt(enc, key, iv, aad, badTag)).code).toBe('ERR_CRYPTO_FAILED');
          if (sealed.ciphertext.length === 0) return;
          const badText = { ...sealed, ciphertext: damaged(sealed.ciphertext, bit) };
          expect(failureOf(() => to.decrypt(enc, key, iv, aad, badText)).code).toBe('ERR_CRYPTO_FAILED');
        },
      ),
      runs(40),
    );
  });

  test('A256KW gives back every key, and nothing after any flipped bit', () => {
    fc.assert(
      fc.property(bytes(32), fc.constantFrom(32, 64).chain(bytes), fc.nat(), (kek, key, bit) => {
        const wrapped = from.wrapKey(kek, key);
        expect(to.unwrapKey(kek, wrapped)).toEqual(key);
        expect(failureOf(() => to.unwrapKey(kek, damaged(wrapped, bit))).code).toBe('ERR_CRYPTO_FAILED');
      }),
      runs(40),
    );
  });
});

test('the Concat KDF is that of the reference for all inputs', () => {
  const part = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(
      part,
      fc.string({ maxLength: 20 }),
      part,
      part,
      fc.option(part, { nil: undefined }),
      (z, alg, u, v, tag) => {
        expect(concatKdf256(node, [z], kdfOtherInfo(alg, u, v), tag)).toEqual(referenceKdf(256, z, alg, u, v, tag));
      },
    ),
  );
});

describe('both implementations judge alike', () => {
  test('any bytes as a public key', () => {
    const candidates = curves.chain((curve) => {
      const size = FIELD_BYTES[curve];
      const compressed = fc.tuple(fc.constantFrom(2, 3), bytes(size)).map(([prefix, x]) => Uint8Array.of(prefix, ...x));
      return fc.tuple(fc.constant(curve), fc.oneof(bytes(size), compressed, fc.uint8Array({ maxLength: 140 })));
    });
    fc.assert(
      fc.property(candidates, ([curve, key]) => {
        const read = outcomeOf(() => node.publicKeyFromBytes(curve, key));
        expect(outcomeOf(() => noble.publicKeyFromBytes(curve, key))).toEqual(read);
      }),
      runs(150),
    );
  });

  test('any JWK as a public key', () => {
    const jwks = curves.chain((curve) => {
      const member = fc.oneof(bytes(FIELD_BYTES[curve]).map(toBase64url), fc.string({ maxLength: 90 }));
      return fc
        .tuple(member, member)
        .map(
          ([x, y]): PublicJwk =>
            curve === 'X25519' || curve === 'Ed25519' ? { kty: 'OKP', crv: curve, x } : { kty: 'EC', crv: curve, x, y },
        );
    });
    fc.assert(
      fc.property(jwks, (jwk) => {
        const imported = outcomeOf(() => node.importPublicKey(jwk).curve);
        expect(outcomeOf(() => noble.importPublicKey(jwk).curve)).toEqual(imported);
      }),
      runs(150),
    );
  });

  test('any X25519 keys agree on the same secret', () => {
    fc.assert(
      fc.property(bytes(32), (u) => {
        const mine = node.generateKey('X25519');
        const theirs: PublicJwk = { kty: 'OKP', crv: 'X25519', x: toBase64url(u) };
        expect(noble.agree(noble.importPrivateKey({ ...mine }), noble.importPublicKey(theirs))).toEqual(
          node.agree(node.importPrivateKey(mine), node.importPublicKey(theirs)),
        );
      }),
      runs(25),
    );
  });

  test.each<{ algorithm: SignatureAlgorithm; curve: 'Ed25519' | 'P-256' | 'secp256k1' }>([
    { algorithm: 'EdDSA', curve: 'Ed25519' },
    { algorithm: 'ES256', curve: 'P-256' },
    { algorithm: 'ES256K', curve: 'secp256k1' },
  ])('$algorithm signatures: good ones, damaged ones and noise', ({ algorithm, curve }) => {
    const key = node.generateKey(curve);
    const inNode = { private: node.importPrivateKey(key), public: node.importPublicKey(key) };
    const inNoble = noble.importPublicKey(key);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), bytes(64), (data, bit, noise) => {
        const good = node.sign(algorithm, inNode.private, data);
        expect(noble.verify(algorithm, inNoble, data, good)).toBe(true);
        for (const signature of [damaged(good, bit), noise]) {
          expect(node.verify(algorithm, inNode.public, data, signature)).toBe(false);
          expect(noble.verify(algorithm, inNoble, data, signature)).toBe(false);
        }
      }),
      runs(25),
    );
  });
});

describe('multikeys', () => {
  test('a key has one spelling: what is read is written back the same, everything else is refused', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 120 }),
      fc
        .tuple(
          fc.constantFrom('ed01', 'ec01', 'e701', '8024', '8124', '8224', 'ed8100', '80'),
          fc.uint8Array({ maxLength: 70 }),
        )
        .map(([code, key]) => encodeMultibase58(Uint8Array.from([...Buffer.from(code, 'hex'), ...key]))),
      fc
        .constantFrom('ed01', 'ec01')
        .chain((code) =>
          bytes(32).map((key) => encodeMultibase58(Uint8Array.from([...Buffer.from(code, 'hex'), ...key]))),
        ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = outcomeOf(() => encodeMultikey(node, decodeMultikey(node, text)));
        if (typeof read === 'string') expect(read).toBe(text);
        else
          expect(['ERR_MULTIBASE', 'ERR_KEY_UNSUPPORTED', 'ERR_KEY_INVALID']).toContain(
            (read as { refused: string }).refused,
          );
      }),
      runs(300),
    );
  });
});
