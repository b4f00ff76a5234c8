import { expect, test } from 'vitest';
import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import type { Agreement } from '../../../src/crypto/primitives.js';
import { staticDocuments } from '../../../src/did/document.js';
import { createMemoryMap } from '../../../src/did/persistent-map.js';
import { createDidResolver } from '../../../src/did/resolver.js';
import { createEnvelopes } from '../../../src/envelope/envelopes.js';
import type { Layer } from '../../../src/envelope/layers.js';
import { createLocalSecrets } from '../../../src/envelope/local-secrets.js';
import { describeVectors } from '../../support/vectors.js';

/** DIDComm v2.1, Appendix C.2 and C.3: three signed and six encrypted messages from Alice to Bob. */
const EXAMPLES = 9;

function described(layer: Layer): readonly string[] {
  return layer.kind === 'signed'
    ? ['signed', ...layer.signers.map((signer) => signer.algorithm)]
    : [layer.kind, layer.enc, layer.curve];
}

/** As another thread would answer. */
const later: Agreement = async (privateKey, peer) => {
  const primitives = createNodePrimitives();
  return primitives.agree(privateKey, primitives.importPublicKey(peer));
};

const WAYS = [
  { name: 'node', primitives: createNodePrimitives() },
  { name: 'node, with agreement that is waited for', primitives: createNodePrimitives(), agreement: later },
  { name: 'noble', primitives: createNoblePrimitives() },
];

for (const { name, primitives, agreement } of WAYS) {
  describeVectors('didcomm-v2.1', `examples of the specification, ${name} primitives`, (vectors) => {
    const examples = vectors.names
      .map((name) => /^(c[23]-.*)\.expected\.json$/.exec(name)?.[1])
      .filter((name) => name !== undefined);
    const { unpack } = createEnvelopes({
      primitives,
      resolver: createDidResolver({
        primitives,
        longForms: createMemoryMap(1),
        documents: staticDocuments([vectors.json('diddoc-alice.json'), vectors.json('diddoc-bob.json')]),
      }),
      secrets: createLocalSecrets({
        primitives,
        keys: vectors.json('secrets-bob.json') as unknown[],
        agreement,
      }),
    });

    test(`there are ${EXAMPLES}`, () => {
      expect(examples).toHaveLength(EXAMPLES);
    });

    test.each(examples)('%s', async (name) => {
      const { message, layers } = await unpack(vectors.text(`${name}.json`));
      expect({ layers: layers.map(described), plaintext: message }).toEqual(vectors.json(`${name}.expected.json`));
    });

    test('the plaintext example (C.1)', async () => {
      const example = vectors.text('c1-plaintext.json');
      const { message, layers } = await unpack(example);
      expect({ layers, message }).toEqual({ layers: [], message: JSON.parse(example) });
    });
  });
}
