// The layers of src/ARCHITECTURE.md. Left never imports right; what is not named here is not allowed.
const layers = {
  core: [],
  crypto: ['core'],
  envelope: ['core', 'crypto'],
  did: ['core', 'crypto', 'envelope'],
  net: ['core', 'did'],
  link: ['core'],
  transport: ['core', 'link'],
  store: ['core'],
  router: ['core', 'transport', 'store'],
  protocols: ['core', 'crypto', 'envelope', 'store', 'transport', 'router'],
  sensor: ['core', 'crypto', 'envelope', 'store', 'transport', 'router', 'protocols'],
  gateway: ['core', 'crypto', 'envelope', 'did', 'store', 'link', 'transport', 'router', 'protocols', 'sensor'],
  mailbox: ['core', 'crypto', 'envelope', 'did', 'store', 'transport', 'router', 'protocols', 'gateway'],
  'web-peer': ['core', 'crypto', 'envelope', 'did', 'link', 'transport', 'protocols', 'mailbox'],
  daemon: [
    ...['core', 'crypto', 'envelope', 'did', 'net', 'store', 'link', 'transport', 'router', 'protocols', 'sensor'],
    ...['gateway', 'mailbox'],
  ],
};

/** Drivers of media know the contract, and nothing of what a message means or of each other. */
const TRANSPORT_FOLDERS = '^transports/([^/]+)/';

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only ${[layer, ...allowed].join(', ')}${layer === 'daemon' ? ', transports/index.ts, firmware-sim/index.ts' : ''}`,
  severity: 'error',
  // What runs in a browser draws QR codes itself, see `the-page-is-a-client`.
  from: { path: `^src/${layer}/`, pathNot: '^src/daemon/dashboard/page/' },
  to: {
    path: '^(src|transports|firmware-sim)/',
    pathNot: `^src/(${[layer, ...allowed].join('|')})/${layer === 'daemon' ? '|^transports/index\\.ts$|^firmware-sim/index\\.ts$' : ''}`,
  },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'layer-firmware-sim',
      comment: 'simulated devices use the layers that any other device would, and nothing of the gateway',
      severity: 'error',
      from: { path: '^firmware-sim/' },
      to: { path: '^(src|transports)/', pathNot: '^src/(core|crypto|link|transport|envelope|did)/' },
    },
    {
      name: 'sensors-from-documents',
      comment: 'simulated sensors share no code with what reads them: a mistake in it would stay unseen',
      severity: 'error',
      from: { path: '^firmware-sim/sensor/' },
      to: {
        path: '^src/|node_modules/(cbor-|@noble/)',
        pathNot: '^src/(core/(bytes|errors|unless-aborted)\\.ts$|transport/)',
      },
    },
    {
      name: 'layer-transports',
      comment: 'transports/* may import only core, net, link, transport and their own folder',
      severity: 'error',
      from: { path: TRANSPORT_FOLDERS },
      to: { path: '^(src|transports|firmware-sim)/', pathNot: '^src/(core|net|link|transport)/|^transports/$1/' },
    },
    {
      name: 'runs-in-a-browser',
      comment: 'core, link, envelope, did, sensor and the noble primitives import no Node module',
      severity: 'error',
      from: { path: '^src/(core|crypto|envelope|did|link|sensor)/', pathNot: '^src/(crypto|link)/node(/|\\.ts$)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'the-page-is-a-client',
      comment:
        'the page of the dashboard knows the types of the admin API, and runs nothing of the daemon but measures.ts; and the codec of animated QR codes',
      severity: 'error',
      from: { path: '^src/daemon/dashboard/page/' },
      to: {
        path: '^(src|transports|firmware-sim)/',
        pathNot: '^src/daemon/(dashboard/page/|measures\\.ts$)|^src/(core|link)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'web-peer-in-a-browser',
      comment: 'whatever the web peer and the mailbox import, by however many steps, is no Node module',
      severity: 'error',
      from: { path: '^src/(web-peer|mailbox)/' },
      to: {
        reachable: true,
        path: '^(node:)?(fs|path|os|net|tls|http|https|crypto|buffer|stream|events|util|url|child_process|worker_threads|process)$',
      },
    },
    {
      name: 'primitives-by-injection',
      comment: 'the Node primitives are passed in, never imported by the layers that use them',
      severity: 'error',
      from: { path: '^src/(core|crypto|envelope|did|sensor|mailbox|web-peer)/', pathNot: '^src/crypto/node(/|\\.ts$)' },
      to: { path: '^src/crypto/node(/|\\.ts$)' },
    },
    {
      name: 'commands-last',
      comment: 'commands put the parts of the daemon together; no part knows them',
      severity: 'error',
      from: { path: '^src/daemon/', pathNot: '^src/daemon/(cli\\.ts$|commands/)' },
      to: { path: '^src/daemon/commands/' },
    },
    {
      name: 'clients-from-documents',
      comment: 'test/ble-client is written from docs/transports alone: it proves the documents, not the code',
      severity: 'error',
      from: { path: '^test/ble-client/' },
      to: { pathNot: '^test/ble-client/', dependencyTypesNot: ['core'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-tests-in-source',
      severity: 'error',
      from: { path: '^(src|transports|firmware-sim)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-test-tools-in-source',
      comment:
        'what is imported is bundled: that may be any package that serves users, and none that serves tests or the build',
      severity: 'error',
      from: { path: '^(src|transports|firmware-sim)/' },
      to: {
        path: '^node_modules/(@ngraveio/bc-ur|axe-core|didcomm-node|dns-packet|dockerfile-[a-z]+|esbuild|fast-check|jsqr|node|playwright-core|pngjs|raptorq|typescript|vite|vitest)/',
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
