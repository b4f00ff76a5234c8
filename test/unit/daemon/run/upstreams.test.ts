import { expect, test } from 'vitest';
import { createNodePrimitives } from '../../../../src/crypto/node.js';
import { type Config, ROOT } from '../../../../src/daemon/config/schema.js';
import { readShape } from '../../../../src/daemon/config/section.js';
import { readUpstreams } from '../../../../src/daemon/run/upstreams.js';
import { createDid } from '../../../../src/did/create.js';

const primitives = createNodePrimitives();

function configOf(given: Partial<Record<keyof Config, unknown>>): Config {
  return readShape(ROOT.shape, given, [], []);
}

function stationAt(...uris: readonly string[]): string {
  const services = uris.map((uri) => ({ t: 'dm', s: { uri, a: ['didcomm/v2'] } }));
  return createDid(primitives, { method: 'peer2', services }).did;
}

test('upstreams and neighbours may be reached at the addresses in their DIDs, private ones too', async () => {
  const upstream = stationAt('http://10.0.0.7:8080', 'ws://10.0.0.7:8080');
  const neighbour = stationAt('http://192.168.1.9:8080');
  const config = configOf({ upstreams: [{ did: upstream }], neighbours: [neighbour] });
  const { options, origins } = await readUpstreams(config, primitives);
  expect(options).toMatchObject([{ did: upstream, mode: 'auto' }]);
  expect(origins).toEqual(['http://10.0.0.7:8080', 'ws://10.0.0.7:8080', 'http://192.168.1.9:8080']);
});

test('a document that somebody else can change opens no private network', async () => {
  const { origins } = await readUpstreams(configOf({ neighbours: ['did:web:hut.example'] }), primitives);
  expect(origins).toEqual([]);
});
