import { quote, WaypostError } from '../../src/core/errors.js';

/*
 * Where things are on a broker (docs/transports/mqtt.md, "Topics"). An address names all of it: the broker, and below its
 * prefix the topic that messages are published to.
 *
 *     PREFIX/NAME/in         messages for a station
 *     PREFIX/NAME/status     whether it is there, retained
 *     PREFIX/RETURN/back     messages back to whoever dialled
 *     PREFIX/device/ID/up    from a device that speaks no DIDComm, and `down` to it
 */

export const MQTT_SCHEMES = ['mqtt', 'mqtts', 'mqtt+ws', 'mqtt+wss'] as const;

/** A broker, as an address names it. */
export interface Broker {
  /** `SCHEME://HOST:PORT`: what credentials are for. */
  readonly origin: string;
  readonly isEncrypted: boolean;
  readonly isWebSocket: boolean;
  /** IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** The inbox of a station. */
export interface InboxPlace {
  readonly kind: 'inbox';
  readonly broker: Broker;
  readonly prefix: string;
  readonly name: string;
}

/** The devices below a prefix, all of them. */
export interface DevicesPlace {
  readonly kind: 'devices';
  readonly broker: Broker;
  readonly prefix: string;
}

/** MQTT allows 65535; brokers are configured for less. */
const MAX_TOPIC_CHARS = 200;
const MAX_PREFIX_LEVELS = 8;
/**
 * No level begins with `$` (topics of the broker), none is a wildcard, and none needs an escape in a URL. This is all that
 * a stranger's text can become in a topic of ours.
 */
const LEVEL = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;
/** 110 random bits in base32: it is a secret between its owner and whom it was told. It fits a client identifier of MQTT 3.1.1. */
const RETURN_NAME = /^[a-z2-7]{22}$/;
const DEVICES = 'device';
const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883, 'mqtt+ws': 80, 'mqtt+wss': 443 } as const;

/**
 * Reads `mqtt://HOST[:PORT]/PREFIX/NAME/in`, or `.../PREFIX/device/+/up` for devices. Throws ERR_INVALID_ARGUMENT, also for
 * user names and passwords: an address is published, and credentials are configured elsewhere.
 */
export function parseMqttAddress(address: string): InboxPlace | DevicesPlace {
  const [, scheme = '', authority = '', path = ''] = /^([a-z+]+):\/\/([^/?#@\s]+)\/([^?#\s]*)$/.exec(address) ?? [];
  const broker = parseBroker(scheme, authority);
  const levels = path.split('/');
  const prefix = levels.slice(0, -2).join('/');
  const [name = '', last] = levels.slice(-2);
  if (broker !== undefined && path.length <= MAX_TOPIC_CHARS) {
    if (last === 'in' && isPrefix(prefix) && isName(name)) return { kind: 'inbox', broker, prefix, name };
    const above = levels.slice(0, -3).join('/');
    if (last === 'up' && name === '+' && levels.at(-3) === DEVICES && isPrefix(above)) {
      return { kind: 'devices', broker, prefix: above };
    }
  }
  const wanted = `${MQTT_SCHEMES.join(', ')}, with a topic that ends in /NAME/in or /device/+/up`;
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address, 200)} is not an address of ${wanted}`);
}

export function inboxTopic({ prefix, name }: InboxPlace): string {
  return `${prefix}/${name}/in`;
}

export function statusTopic({ prefix, name }: InboxPlace): string {
  return `${prefix}/${name}/status`;
}

export function returnTopic({ prefix }: Pick<InboxPlace, 'prefix'>, returnName: string): string {
  return `${prefix}/${returnName}/back`;
}

/**
 * The name in a return path that somebody gave, or undefined: only topics that are made for it below our own prefix are ever
 * published to, whatever a stranger asks for.
 */
export function returnNameIn({ prefix }: Pick<InboxPlace, 'prefix'>, topic: string): string | undefined {
  const name = topic.slice(prefix.length + 1, -'/back'.length);
  return isReturnName(name) && topic === returnTopic({ prefix }, name) ? name : undefined;
}

export function isReturnName(text: string): boolean {
  return RETURN_NAME.test(text);
}

/** The topic filter of all devices. */
export function devicesFilter({ prefix }: DevicesPlace): string {
  return `${prefix}/${DEVICES}/+/up`;
}

export function deviceTopic({ prefix }: Pick<DevicesPlace, 'prefix'>, id: string, direction: 'up' | 'down'): string {
  return `${prefix}/${DEVICES}/${id}/${direction}`;
}

/** The device in a topic that a message came on; undefined for any other topic. */
export function deviceIn(place: Pick<DevicesPlace, 'prefix'>, topic: string): string | undefined {
  const id = topic.split('/').at(-2) ?? '';
  return LEVEL.test(id) && topic === deviceTopic(place, id, 'up') ? id : undefined;
}

function isPrefix(prefix: string): boolean {
  const levels = prefix.split('/');
  return levels.length <= MAX_PREFIX_LEVELS && levels.every((level) => LEVEL.test(level));
}

function isName(name: string): boolean {
  return LEVEL.test(name) && name !== DEVICES;
}

function parseBroker(scheme: string, authority: string): Broker | undefined {
  const known = MQTT_SCHEMES.find((candidate) => candidate === scheme);
  // As a URL of HTTP, host names and IP addresses get their one spelling.
  const [, host = '', digits] = /^(.*?)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const text = `http://${host}:1/`;
  if (known === undefined || host === '' || !URL.canParse(text)) return undefined;
  const port = digits === undefined ? DEFAULT_PORTS[known] : Number(digits);
  if (port === 0 || port > 65_535) return undefined;
  const { hostname } = new URL(text);
  return {
    origin: `${known}://${hostname}:${port}`,
    isEncrypted: known === 'mqtts' || known === 'mqtt+wss',
    isWebSocket: known.startsWith('mqtt+'),
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
  };
}
