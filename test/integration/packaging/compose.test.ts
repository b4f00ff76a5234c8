import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { loadConfig } from '../../../src/daemon/config/load.js';
import { createDid } from '../../../src/did/create.js';
import { type Compose, readCompose } from '../../support/docker/compose.js';

const { did } = createDid(createNodePrimitives(), { method: 'peer2' });
const FILES: readonly [string, Compose][] = [
  ['compose.yaml', readCompose('compose.yaml', { PUBLIC_URL: 'http://192.168.1.20:8080', MQTT_PASSWORD: 'p' })],
  ['compose.sites.yaml', readCompose('compose.sites.yaml', { UPSTREAM: did })],
];
/** The port that the image exposes. */
const EXPOSED = /^EXPOSE (\d+)$/m.exec(readFileSync('docker/Dockerfile', 'utf8'))?.[1];

describe.each(FILES)('docker/%s', (_, compose) => {
  const services = Object.entries(compose.services);
  const gateways = services.filter(([, { build }]) => build !== undefined);

  it('has gateways that are built from the Dockerfile, and whose data outlives them', () => {
    expect(gateways.length).toBeGreaterThan(0);
    for (const [name, { build, volumes = [] }] of gateways) {
      expect(build, name).toEqual({ context: '..', dockerfile: 'docker/Dockerfile' });
      expect(
        volumes.map((volume) => volume.split(':')[1]),
        name,
      ).toContain('/data');
    }
  });

  it('gives each gateway a configuration that is valid, without a variable that means nothing', async () => {
    for (const [name, { environment = {} }] of gateways) {
      const { unknownVariables } = await loadConfig({ env: environment });
      expect(unknownVariables, name).toEqual([]);
    }
  });

  it('publishes ports that are listened on, each once', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')));
    expect(new Set(published.map(([host]) => host)).size).toBe(published.length);
    for (const [, { ports = [] }] of gateways)
      for (const port of ports) expect(port).toMatch(new RegExp(`:${EXPOSED}$`));
  });

  it('uses volumes, networks, services and files that are there, and no image of whatever version', () => {
    for (const [name, { volumes = [], networks = [], depends_on = {}, image, build }] of services) {
      const sources = volumes.map((volume) => volume.split(':')[0] ?? '');
      for (const source of sources) {
        const isThere = source.startsWith('./') ? existsSync(`docker/${source}`) : source in compose.volumes;
        expect(isThere, `${name}: ${source}`).toBe(true);
      }
      for (const network of networks) expect(compose.networks, name).toHaveProperty(network);
      for (const other of Object.keys(depends_on)) expect(compose.services, name).toHaveProperty(other);
      if (build === undefined) expect(image).toMatch(/:\d+\.\d+\.\d+$/);
    }
  });
});
