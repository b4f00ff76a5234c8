import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { transports } from '../../../transports/index.js';
import { utf8 } from '../../core/bytes.js';
import type { WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { createAddressPolicy } from '../../net/address-policy.js';
import { PROBLEM_REPORT_TYPE } from '../../protocols/report-problem.js';
import type { Address, Listener, Transport } from '../../transport/transport.js';
import type { Config } from '../config/schema.js';
import { showListenAddress } from '../config/value-kinds.js';
import { webPeerFolder } from '../program-url.js';
import { httpLimits, webSocketLimits } from './limits.js';
import { createBrowserPage } from './page.js';
import { openWebPeerPages } from './web-peer-pages.js';

export interface Media extends AsyncDisposable {
  /** For dialling. */
  readonly transports: readonly Transport[];
  /** Opens the one port for POST and WebSocket, and looks into the drop folders. Throws ERR_LISTEN. */
  listen(): Promise<Listening>;
}

export interface Listening {
  readonly listeners: readonly Listener[];
  /** `http://host:port` and `ws://host:port`, with the port that was really bound; then `file:///...`. */
  readonly addresses: readonly string[];
}

/** HTTP, WebSocket and drop folders. `trustedOrigins` may be reached whatever the address policy says. */
export async function openMedia(config: Config, trustedOrigins: readonly string[], logger: Logger): Promise<Media> {
  const policy = createAddressPolicy({ allow: config.network.allowAddress });
  const common = { outbound: { policy, trustedOrigins }, trustedProxies: config.http.trustedProxies };
  const websocket = await transports.websocket({ ...common, limits: webSocketLimits(config) });
  const upgrades = websocket.attach('/');
  const hasWebPeer = config.http.webPeer === 'on';
  const browserPage = createBrowserPage(hasWebPeer);
  const http = await transports.http({
    ...common,
    limits: httpLimits(config),
    onRequest: hasWebPeer ? await openWebPeerPages(webPeerFolder(), browserPage) : browserPage,
    onUpgrade: upgrades.onUpgrade,
    problemReport,
  });
  return {
    transports: [websocket, http],
    async listen() {
      const listener = await http.listen(`http://${showListenAddress(config.http.listen)}/`);
      const addresses = listener.addresses.map((address) => address.replace(/\/$/, ''));
      const sockets = addresses.map((address) => address.replace(/^http/, 'ws'));
      const folders = await listenToFolders(config, logger);
      const drops = folders.flatMap((folder) => folder.addresses);
      return { listeners: [listener, upgrades, ...folders], addresses: [...addresses, ...sockets, ...drops] };
    },
    async [Symbol.asyncDispose]() {
      await upgrades[Symbol.asyncDispose]();
      await Promise.all([http[Symbol.asyncDispose](), websocket[Symbol.asyncDispose]()]);
    },
  };
}

async function listenToFolders({ dropFolders, limits }: Config, logger: Logger): Promise<readonly Listener[]> {
  if (dropFolders.length === 0) return [];
  const files = await transports.file({
    limits: { maxMessageBytes: limits.messageBytes },
    onSkipped: ({ code, message }) => logger.warn('drop-folder.skipped', { code, message }),
  });
  const addresses = new Set(dropFolders.map((folder) => pathToFileURL(folder).href as Address));
  return Promise.all([...addresses].map((address) => files.listen(address)));
}

/**
 * What a sender is told whose message is too large to be opened: in the clear, as nobody is known. All other refusals say
 * no more than their status.
 */
function problemReport({ code }: WaypostError): Uint8Array | undefined {
  if (code !== 'ERR_TOO_LARGE') return undefined;
  const body = { code: 'e.p.me.res.storage.message_too_big', comment: 'The message is too large.' };
  const message = { typ: 'application/didcomm-plain+json', id: randomUUID(), type: PROBLEM_REPORT_TYPE, body };
  return utf8(JSON.stringify(message));
}
