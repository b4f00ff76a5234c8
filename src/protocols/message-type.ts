import { quote, WaypostError } from '../core/errors.js';

/** A message type URI in its parts (DIDComm v2.1, "Message Type URI"), spelled so that equal parts are equal texts. */
export interface MessageType {
  /** `https://didcomm.org/` */
  readonly docUri: string;
  /** Lower case, without punctuation: `messagepickup` for `message-pickup`. */
  readonly protocol: string;
  readonly major: number;
  readonly minor: number;
  /** As {@link protocol}. */
  readonly name: string;
}

const MAX_CHARS = 512;
/** From the end, so that no part can be divided in two ways. */
const TYPE = /^([^\s]*\/)([a-z0-9._-]+)\/(\d{1,6})(?:\.(\d{1,6}))?[^/\s]{0,32}\/([a-z0-9._-]+)$/i;
const PUNCTUATION = /[._-]/g;

/** Throws ERR_MESSAGE_MALFORMED for what is no message type URI. */
export function parseMessageType(uri: string): MessageType {
  const parts = uri.length <= MAX_CHARS ? TYPE.exec(uri) : null;
  const [, docUri, protocol, major, minor, name] = parts ?? [];
  if (docUri === undefined || protocol === undefined || name === undefined) {
    throw new WaypostError('ERR_MESSAGE_MALFORMED', `type ${quote(uri)} is not a message type URI`);
  }
  return {
    docUri: docUri.toLowerCase(),
    protocol: plain(protocol),
    major: Number(major),
    minor: Number(minor ?? 0),
    name: plain(name),
  };
}

/**
 * One name for all versions of a protocol that understand each other: "names compare ignoring case and punctuation",
 * and minor versions are compatible (DIDComm v2.1, "Semver Rules").
 */
export function protocolKey(type: Pick<MessageType, 'docUri' | 'protocol' | 'major'>): string {
  return `${type.docUri}${type.protocol}/${type.major}`;
}

/** The same for a protocol identifier such as `https://didcomm.org/trust-ping/2.0`. */
export function protocolKeyOf(piuri: string): string {
  return protocolKey(parseMessageType(`${piuri}/x`));
}

function plain(name: string): string {
  return name.toLowerCase().replace(PUNCTUATION, '');
}
