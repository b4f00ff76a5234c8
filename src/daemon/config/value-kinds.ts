import path from 'node:path';
import { isWaypostError } from '../../core/errors.js';
import { isDid } from '../../envelope/did-url.js';
import { createAddressPolicy } from '../../net/address-policy.js';
import { parsePublicUrl } from '../public-url.js';
import { type Kind, scalar, text } from './kinds.js';

/** Where to listen: a host name or IP address (IPv6 without brackets), and a port, 0 for any that is free. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const MAX_INVITATION_CHARS = 50_000;

export const listenAddress: Kind<ListenAddress> = scalar(
  'HOST:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080',
  (value) => (typeof value === 'string' ? parseListenAddress(value) : undefined),
  showListenAddress,
);

/** The same, or `off`. */
export const listenAddressOrOff: Kind<ListenAddress | 'off'> = scalar(
  `off, or ${listenAddress.allowed}`,
  (value) => (value === 'off' ? value : typeof value === 'string' ? parseListenAddress(value) : undefined),
  (value) => (value === 'off' ? value : showListenAddress(value)),
);

export function showListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseListenAddress(value: string): ListenAddress | undefined {
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/.exec(value);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

export const publicUrl: Kind<string> = scalar(
  'a URL of http, https, ws, wss, mqtt or mqtts without user, query and fragment, or a DID',
  (value) => (typeof value === 'string' ? orUndefined(() => parsePublicUrl(value)) : undefined),
  (value) => value,
);

export const addressRange: Kind<string> = text(
  'an IP address or a CIDR range, such as 192.168.1.0/24',
  (value) => orUndefined(() => createAddressPolicy({ allow: [value] })) !== undefined,
);

export const did: Kind<string> = text('a DID without a fragment', (value) => isDid(value) && !value.includes('#'));

/** Whom to connect to by Bluetooth. */
export const seekTarget: Kind<string> = text(
  'a DID without a fragment, or "all"',
  (value) => value === 'all' || (isDid(value) && !value.includes('#')),
);

/** An out-of-band invitation as a URL. */
export const invitationUrl: Kind<string> = text(
  'the URL of an invitation, with _oob= in it',
  (value) => value.length <= MAX_INVITATION_CHARS && /^[a-z]+:\/\/\S*[?&]_oob=[\w-]+=*/.test(value),
);

const isAbsolutePath = (value: string): boolean =>
  value.length <= 4096 && path.isAbsolute(value) && !value.includes('\0');

export const folderPath: Kind<string> = text('the absolute path of a folder', isAbsolutePath);

export const filePath: Kind<string> = text('the absolute path of a file', isAbsolutePath);

export const linkAddress: Kind<string> = text(
  'a scheme or the beginning of an address, such as "serial:" or "ble:aa:bb"',
  (value) => /^[a-z][a-z0-9+.-]*:[\x21-\x7e]{0,500}$/.test(value),
);

/** A link that can be listened on; its transport reads the rest of it. */
export const linkListenAddress: Kind<string> = text(
  'an address such as serial:/dev/serial/by-id/NAME?baudRate=115200, ble: or ble-dif:',
  (value) => /^(serial:\/[\x21-\x7e]{1,500}|ble:|ble-dif:)$/.test(value),
);

const LEVEL = '[A-Za-z0-9][A-Za-z0-9._~-]{0,63}';
/** An inbox, or all devices below a prefix. */
const OWN_TOPIC = `(${LEVEL}/){1,8}(${LEVEL}/in|device/\\+/up)`;

/** What is listened on at a broker; its transport reads the rest. */
export const mqttListenAddress: Kind<string> = text(
  'mqtt://HOST[:PORT]/PREFIX/NAME/in or /PREFIX/device/+/up, also mqtts, mqtt+ws and mqtt+wss',
  (value) => value.length <= 500 && new RegExp(`^mqtt(s|\\+wss?)?://[^/?#@\\s]{1,260}/${OWN_TOPIC}$`).test(value),
);

export const mqttOrigin: Kind<string> = text(
  'a broker as mqtt://HOST:PORT, also mqtts, mqtt+ws and mqtt+wss, always with the port',
  (value) => /^mqtt(s|\+wss?)?:\/\/[^/?#@\s]{1,260}:\d{1,5}$/.test(value),
);

export const mqttTopic: Kind<string> = text('PREFIX/NAME/in or PREFIX/device/+/up', (value) =>
  new RegExp(`^${OWN_TOPIC}$`).test(value),
);

/** `waypost config hash-password` makes it. */
export const passwordHash: Kind<string> = text('what "waypost config hash-password" prints', (value) =>
  /^scrypt:\d{1,6}:\d{1,2}:\d{1,2}:[\w-]{16,86}:[\w-]{43}$/.test(value),
);

export const qrListenAddress: Kind<string> = text(
  'qr:camera:NAME, or qr:pictures:/FOLDER with an absolute path',
  (value) => /^qr:(camera:[\w-]{1,60}|pictures:(\/|%2F)[\x21-\x7e]{0,500})$/.test(value),
);

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isWaypostError(error)) return undefined;
    throw error;
  }
}
