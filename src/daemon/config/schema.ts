import { byteCount, choice, listOf, text, wholeNumber } from './kinds.js';
import { MQTT } from './mqtt-settings.js';
import { recordOf, type Section, secretSetting, section, setting, type ValuesOf } from './section.js';
import { SENSOR_RULE } from './sensor-rule.js';
import {
  addressRange,
  did,
  folderPath,
  invitationUrl,
  type ListenAddress,
  linkAddress,
  linkListenAddress,
  listenAddress,
  listenAddressOrOff,
  publicUrl,
  qrListenAddress,
  seekTarget,
} from './value-kinds.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Of a gateway that nobody has named. */
export const DEFAULT_NAME = 'waypost';

const NONE: readonly string[] = [];

const upstream = {
  did: setting<string | undefined>(did, undefined, 'The DID of the mediator.'),
  invitation: secretSetting<string | undefined>(invitationUrl, undefined, 'Its invitation, instead of the DID.'),
  mode: setting(
    choice('live', 'poll', 'auto'),
    'auto',
    'live: keep a WebSocket open; poll: ask now and then; auto: live where the upstream offers it, else poll.',
  ),
  pollSeconds: setting(
    wholeNumber(5, 86_400),
    30,
    'Seconds between two polls; in live mode between two looks whether a push went missing.',
  ),
};

const camera = {
  name: setting(
    text('1 to 60 letters, digits, - or _', (value) => /^[\w-]{1,60}$/.test(value)),
    'camera',
    'The NAME in qr:camera:NAME.',
  ),
  command: setting(
    listOf(
      text('1 to 1000 characters', (value) => value.length > 0 && value.length <= 1000 && !value.includes('\0')),
      64,
    ),
    NONE,
    'The program and its arguments; no shell reads them.',
  ),
};

/**
 * Everything that can be configured: the one place that knows names, types, ranges, initial values and their meaning.
 * The annotated file, the names of environment variables and all checks come from here.
 */
export const SCHEMA = {
  name: setting(
    text('1 to 60 printable characters', (value) => /^[^\p{C}]{1,60}$/u.test(value)),
    DEFAULT_NAME,
    'What this gateway is called, for people: in invitations, in "waypost status" and on the local network (mdns).',
  ),
  publicUrls: setting(
    listOf(publicUrl, 16),
    NONE,
    'Where others reach it. They are part of the DID: "waypost init" reads them from here, "waypost id rotate" changes them.',
  ),
  http: section('Where DIDComm is served: POST and WebSocket on one port.', {
    listen: setting<ListenAddress>(listenAddress, { host: '127.0.0.1', port: 8080 }, 'Address to listen on.'),
    trustedProxies: setting(
      listOf(addressRange),
      NONE,
      'Reverse proxies whose X-Forwarded-For is believed. Without it all their clients count as one.',
    ),
    webPeer: setting(
      choice('off', 'on'),
      'off',
      'on: serve a page at /peer/ with which people write messages in a browser, see docs/web-peer.md.',
    ),
  }),
  mdns: setting(
    choice('off', 'on'),
    'off',
    'on: tell the local network where this gateway is (DNS-SD, _didcomm._tcp). Needs http.listen on more than loopback.',
  ),
  admin: section('The admin API, /metrics, /healthz and /readyz.', {
    listen: setting<ListenAddress | 'off'>(
      listenAddressOrOff,
      { host: '127.0.0.1', port: 8081 },
      'Address to listen on. Keep it on loopback.',
    ),
  }),
  mediation: section('Who may use this gateway as a mediator, and how much.', {
    admission: setting(
      choice('open', 'invitation', 'list'),
      'open',
      'open: everybody, within the quotas; invitation: who answers an invitation of this gateway; list: the DIDs in "allow".',
    ),
    allow: setting(listOf(did), NONE, 'For "list": the DIDs that may use it.'),
    accountsPerAddress: setting(wholeNumber(1, 1_000_000), 1000, 'Clients that may come from one address.'),
    recipientsPerAccount: setting(wholeNumber(1, 100_000), 1000, 'DIDs that one client may register.'),
    queueMessages: setting(wholeNumber(1, 10_000_000), 100_000, 'Messages that wait for one DID at most.'),
    queueBytes: setting(byteCount(64 * KIB, 1024 * GIB), 256 * MIB, 'Bytes that wait for one DID at most.'),
    senderMessages: setting(wholeNumber(1, 10_000_000), 100_000, 'Messages that one sender may have waiting here.'),
    senderBytes: setting(byteCount(64 * KIB, 1024 * GIB), 512 * MIB, 'Bytes that one sender may have waiting here.'),
  }),
  limits: section('What a connection or an address may do.', {
    messageBytes: setting(byteCount(16 * KIB, 8 * MIB), MIB, 'The largest message that is accepted.'),
    requestsPerSecond: setting(wholeNumber(1, 1_000_000), 100, 'Messages a second from one address, in the long run.'),
    requestsBurst: setting(wholeNumber(1, 1_000_000), 400, 'Messages at once from one address.'),
    connections: setting(wholeNumber(1, 1_000_000), 4096, 'Open connections.'),
    connectionsPerAddress: setting(wholeNumber(1, 1_000_000), 64, 'Open connections from one address.'),
  }),
  store: section('The messages that wait. Full means refuse: nothing is given up for something new.', {
    messages: setting(wholeNumber(1000, 100_000_000), 1_000_000, 'Messages at most.'),
    bytes: setting(byteCount(16 * MIB, 1024 * GIB), 2 * GIB, 'Bytes at most.'),
    reservedBytes: setting(byteCount(MIB, 64 * GIB), 64 * MIB, 'The part of it that is kept free for urgent messages.'),
    retentionDays: setting(
      wholeNumber(1, 3650),
      30,
      'Days that a message waits at most, counted while the machine runs.',
    ),
    whenDamaged: setting(
      choice('refuse', 'set-aside'),
      'set-aside',
      'A damaged database: refuse to start, or set it aside, start empty and say so.',
    ),
  }),
  upstreams: setting(
    listOf(recordOf(upstream), 16),
    [],
    'Mediators on the internet that this gateway is a client of. Each has a did or an invitation, a mode and pollSeconds.',
  ),
  neighbours: setting(
    listOf(did, 100),
    NONE,
    'DIDs of other gateways that messages are taken along for. Their acknowledgement of what a stick brought them counts.',
  ),
  dropFolders: setting(
    listOf(folderPath, 16),
    NONE,
    'Folders that others put messages for this gateway into. What was taken is removed, what was refused is renamed.',
  ),
  stickFolders: setting(
    listOf(folderPath, 16),
    NONE,
    'Folders below which sticks are mounted, such as /media/pi: the dashboard carries messages by the folder "waypost" on them, and writes nowhere else.',
  ),
  network: section('Where outgoing requests may go.', {
    allowAddress: setting(
      listOf(addressRange),
      NONE,
      'Private networks that may be reached. All others that are not the public internet are refused.',
    ),
  }),
  links: section('Links to devices that are no network.', {
    listen: setting(
      listOf(linkListenAddress, 16),
      NONE,
      'Serial ports to hold, also while nothing is plugged in: after the path baudRate, flowControl and fec. ble: and ble-dif: for phones by Bluetooth.',
    ),
  }),
  bluetooth: section('Bluetooth LE, where links.listen has it, and for seek.', {
    packages: setting(
      choice('stoprocent', 'abandonware'),
      'stoprocent',
      'Which noble and bleno: abandonware serves one phone at a time.',
    ),
    slots: setting(wholeNumber(1, 16), 3, 'Peers that are connected at once; the others take turns.'),
    seek: setting(
      listOf(seekTarget, 100),
      NONE,
      'Whom the gateway connects to by itself: the DIDs of sensors and other gateways, or "all": whoever offers a profile.',
    ),
  }),
  mqtt: MQTT,
  qr: section('Animated QR codes that this gateway looks at.', {
    listen: setting(
      listOf(qrListenAddress, 16),
      NONE,
      'Cameras, and folders of pictures: qr:camera:NAME, qr:pictures:/FOLDER.',
    ),
    cameras: setting(
      listOf(recordOf(camera), 16),
      [],
      'Programs that write JPEG pictures to their output. Each has a name, and a command with its arguments as a list.',
    ),
  }),
  sensors: section('Sensor devices (waypost device add), and where their readings go.', {
    rules: setting(
      listOf(recordOf(SENSOR_RULE), 100),
      [],
      'Which readings go to which agents, see docs/sensor-rules.md. Without any, readings are kept here.',
    ),
    commanders: setting(listOf(did, 100), NONE, 'DIDs of agents that may tell devices what to do.'),
    framesPerSecond: setting(
      wholeNumber(1, 1_000_000),
      50,
      'Frames a second that one device may send, in the long run.',
    ),
    framesBurst: setting(wholeNumber(1, 1_000_000), 500, 'Frames of one device at once, such as after it was away.'),
    placeFramesPerSecond: setting(
      wholeNumber(1, 1_000_000),
      1000,
      'The same for all that comes from one place, verified or not: a line, an address, a broker with all its devices.',
    ),
    placeFramesBurst: setting(wholeNumber(1, 1_000_000), 4000, 'Frames from one place at once.'),
  }),
  trustedLinks: setting(
    listOf(linkAddress),
    NONE,
    'Links on which a message that was sent counts as delivered, such as "ws://10.0.0.2". Nobody proves it: only for a cable that you own.',
  ),
  log: section('Logs, on standard error.', {
    format: setting(choice('text', 'json'), 'text', 'text for people, json for programs: one object a line.'),
    level: setting(choice('debug', 'info', 'warn', 'error'), 'info', 'The least important that is written.'),
  }),
  clock: section('Whether the clock of this machine is believed. On one that is not nothing expires.', {
    trust: setting(
      choice('auto', 'always', 'never'),
      'auto',
      'auto: find out (NTP, hardware clock); always: for machines that hide it, such as containers.',
    ),
  }),
};

/** The values of a configuration. */
export type Config = ValuesOf<typeof SCHEMA>;
export type Upstream = Config['upstreams'][number];
export type SensorRule = Config['sensors']['rules'][number];
export const ROOT: Section<typeof SCHEMA> = section('The configuration of waypost.', SCHEMA);
