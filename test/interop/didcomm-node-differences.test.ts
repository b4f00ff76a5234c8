import { beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.js';
import type { ErrorCode } from '../../src/core/errors.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { encryptJwe } from '../../src/envelope/jwe-encrypt.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import { PartiesCache } from '../../src/envelope/parties.js';
import { PublicKeys } from '../../src/envelope/public-keys.js';
import { createDidcommNode } from '../support/interop-didcomm-node.js';
import { envelopesFor, peer2Party, resolverFor } from '../support/interop-parties.js';

/*
 * Where the two disagree on purpose: DIDComm v2.1, "Message Layer Addressing Consistency", says that these messages
 * MUST be an error. didcomm-node 0.4.1 opens them and calls the sender authenticated. Each test also shows that it
 * still does, so that none of them passes for another reason than the one it is about.
 */

const primitives = createNodePrimitives();
const KEYS = { agreement: ['X25519'], signature: ['Ed25519'] } as const;
const MESSAGE = { id: '1', typ: 'application/didcomm-plain+json', type: 'https://example.org/1.0/x', body: {} };

const alice = peer2Party(primitives, KEYS);
const bob = peer2Party(primitives, KEYS);
const mallory = peer2Party(primitives, KEYS);
const resolver = resolverFor(primitives, []);
const asMallory = createDidcommNode(primitives, resolver, mallory.secrets);
const asMalloryAndAlice = createDidcommNode(primitives, resolver, [...mallory.secrets, ...alice.secrets]);

const fromAlice = { ...MESSAGE, from: alice.did, to: [bob.did] };

const REFUSED: readonly { name: string; code: ErrorCode; pack: () => Promise<string> }[] = [
  {
    name: 'authcrypt by mallory that says to be from alice',
    code: 'ERR_FROM_MISMATCH',
    pack: () => authcryptAs(mallory, fromAlice),
  },
  {
    name: 'authcrypt without from',
    code: 'ERR_FROM_MISSING',
    pack: () => asMallory.packEncrypted({ ...MESSAGE, to: [bob.did] }, { from: mallory.did, to: bob.did }),
  },
  {
    name: 'authcrypt that is to somebody else',
    code: 'ERR_TO_MISMATCH',
    pack: () => authcryptAs(mallory, { ...MESSAGE, from: mallory.did, to: [alice.did] }),
  },
  {
    name: 'a signature by mallory under a message from alice',
    code: 'ERR_SIGNER_MISMATCH',
    pack: () => asMallory.packSigned(fromAlice, mallory.did),
  },
  {
    name: 'the same inside anoncrypt',
    code: 'ERR_SIGNER_MISMATCH',
    pack: () => asMallory.packEncrypted(fromAlice, { to: bob.did, signBy: mallory.did }),
  },
  {
    name: 'the same inside authcrypt by alice',
    code: 'ERR_SIGNER_MISMATCH',
    pack: () => asMalloryAndAlice.packEncrypted(fromAlice, { from: alice.did, to: bob.did, signBy: mallory.did }),
  },
  {
    name: 'anoncrypt(sign) without to, which its recipient could pass on as if it were for the next one',
    code: 'ERR_TO_MISSING',
    pack: () => asMallory.packEncrypted({ ...MESSAGE, from: mallory.did }, { to: bob.did, signBy: mallory.did }),
  },
];

describe.each(REFUSED)('$name', ({ code, pack }) => {
  let packed = '';
  beforeAll(async () => {
    packed = await pack();
  });

  it('is opened by didcomm-node', async () => {
    const { metadata } = await createDidcommNode(primitives, resolver, bob.secrets).unpack(packed);
    expect(metadata.authenticated).toBe(true);
  });

  it(`is refused by waypost with ${code}`, async () => {
    await expect(envelopesFor(primitives, resolver, bob.secrets).unpack(packed)).rejects.toMatchObject({ code });
  });
});

/** An authcrypt whose plaintext nobody checked: neither implementation would pack it. */
async function authcryptAs(sender: typeof mallory, message: typeof fromAlice): Promise<string> {
  return encryptJwe(
    { primitives, parties: new PartiesCache(primitives) },
    {
      plaintext: utf8(JSON.stringify(message)),
      curve: 'X25519',
      recipients: await new PublicKeys(primitives, resolver).agreementKeys(bob.did),
      enc: 'A256CBC-HS512',
      sender: {
        keyId: sender.agreementKeys[0]?.kid ?? '',
        secrets: createLocalSecrets({ primitives, keys: sender.secrets }),
      },
    },
  );
}
