import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BrowserBundle, bundleForBrowser, runInBrowser } from '../support/interop-browser.js';

/* Envelopes, DIDs and the codecs of links are for web pages too: nothing of Node may creep into them. */

const PORTABLE = ['src/core', 'src/crypto', 'src/envelope', 'src/did', 'src/link'];
const NODE_ONLY = /^src\/(crypto|link)\/node(\.ts|\/)/;

/** Packages that use what Node has where they find it, and do without; a test below runs them where they do not. */
const USES_NODE_WHERE_IT_IS = ['cbor-x'];

/** What an agent in a web page needs. */
const ENTRY = `
  export { createNoblePrimitives } from './src/crypto/noble.js';
  export { createDid } from './src/did/create.js';
  export { createMemoryMap } from './src/did/persistent-map.js';
  export { createDidResolver } from './src/did/resolver.js';
  export { createEnvelopes } from './src/envelope/envelopes.js';
  export { createLocalSecrets } from './src/envelope/local-secrets.js';
`;

const PACK_AND_UNPACK = `
  (async () => {
    const { createNoblePrimitives, createDid, createMemoryMap, createDidResolver } = bundle;
    const primitives = createNoblePrimitives();
    const resolver = createDidResolver({ primitives, longForms: createMemoryMap(10) });
    const [alice, bob] = ['peer2', 'key'].map((method) => createDid(primitives, { method }));
    const secrets = bundle.createLocalSecrets({ primitives, keys: [...alice.secrets, ...bob.secrets] });
    const envelopes = bundle.createEnvelopes({ primitives, resolver, secrets });
    const message = { id: '1', type: 'https://example.org/1.0/x', body: { text: 'Grüße' } };
    const signBy = alice.document.authentication[0];
    const modes = [
      { mode: 'auth', from: alice.did, to: [bob.did], hideSender: true, enc: 'XC20P' },
      { mode: 'anon', to: [bob.did], signBy, enc: 'A256GCM' },
      { mode: 'signed', signBy },
    ];
    return Promise.all(modes.map(async (options) => {
      const [{ packed }] = await envelopes.pack(message, options);
      const { message: { body }, layers } = await envelopes.unpack(new TextEncoder().encode(packed));
      return JSON.stringify([body, layers.map((layer) => layer.kind)]);
    }));
  })()
`;

function sourceFiles(): string[] {
  const files = PORTABLE.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return files.filter((file) => file.endsWith('.ts') && !NODE_ONLY.test(file));
}

describe('the portable source', () => {
  it.each(sourceFiles())('%s needs nothing of Node', async (file) => {
    const bundle = await bundleForBrowser(`export * from './${file.replace(/\.ts$/, '.js')}'`, USES_NODE_WHERE_IT_IS);
    expect(bundle.nodeGlobals).toEqual([]);
    expect(bundle.files.filter((name) => NODE_ONLY.test(name))).toEqual([]);
  });
});

describe('an agent in a web page', () => {
  let bundle: BrowserBundle;
  beforeAll(async () => {
    bundle = await bundleForBrowser(ENTRY);
  });

  it('packs and unpacks where there are only the globals of the web', async () => {
    await expect(runInBrowser(bundle, PACK_AND_UNPACK)).resolves.toEqual([
      '[{"text":"Grüße"},["anoncrypt","authcrypt"]]',
      '[{"text":"Grüße"},["anoncrypt","signed"]]',
      '[{"text":"Grüße"},["signed"]]',
    ]);
  });
});

describe('a link in a web page', () => {
  it('makes an envelope compact and expands it where there are only the globals of the web', async () => {
    const bundle = await bundleForBrowser(`
      export { compactEnvelope } from './src/link/compact/compact.js';
      export { expandEnvelope } from './src/link/compact/expand.js';
    `);
    const recipients = [{ header: { kid: 'ü' } }];
    const envelope = JSON.stringify({ protected: 'eyJhbGciOiJFUzI1NiJ9', iv: 'AAAA', recipients });
    const thereAndBack = `{
      const compact = bundle.compactEnvelope(new TextEncoder().encode(${JSON.stringify(envelope)}));
      new TextDecoder().decode(bundle.expandEnvelope(compact, 1000));
    }`;
    expect(runInBrowser(bundle, thereAndBack)).toBe(envelope);
  });
});

/* Without these the tests above could be passing because they see nothing. */
describe('the check', () => {
  it('sees a module of Node, with and without its prefix', async () => {
    await expect(bundleForBrowser("export * from './src/crypto/node.js'")).rejects.toThrow(/node:crypto/);
    await expect(bundleForBrowser("export { hash } from 'crypto'")).rejects.toThrow(/"crypto"/);
  });

  it.each([
    ['Buffer', 'export const a = Buffer.alloc(1)'],
    ['Buffer', "export const a = typeof globalThis.Buffer === 'undefined'"],
    ['process', 'export const a = () => process.env.HOME'],
    ['global', 'export const a = global'],
    ['require', 'export const a = (name: string) => require(name)'],
    ['__dirname', 'export const a = __dirname'],
  ])('sees the global %s in: %s', async (name, source) => {
    expect((await bundleForBrowser(source)).nodeGlobals).toContain(name);
  });

  it('lets members and variables have such names', async () => {
    const source = 'export const process = (a: { Buffer: number }) => a.Buffer; export const b = "require"';
    expect((await bundleForBrowser(source)).nodeGlobals).toEqual([]);
  });

  it('runs where Node is not', async () => {
    const bundle = await bundleForBrowser(
      "export const kinds = () => ['Buffer', 'process'].map((a) => a in globalThis)",
    );
    expect(runInBrowser(bundle, 'bundle.kinds().join()')).toBe('false,false');
  });
});
