import { createHash } from 'node:crypto';

/*
 * How files on a stick are labelled (docs/transports/file.md). A tag says which station put a file there, a mark what is
 * in it. Both are hints for finding things again: nothing is believed because of them.
 */

const MESSAGE = /^([0-9a-f]{8})-([0-9a-f]{32})$/;
const MARK_CHARS = 32;
const TAG_CHARS = 8;

/** Of a station, by its DID. */
export function tagOf(did: string): string {
  return sha256(did).slice(0, TAG_CHARS);
}

/** Of a message that waits at the station with this tag; `hash` is the SHA-256 of its content in hexadecimal digits. */
export function messageLabel(tag: string, hash: string): string {
  return `${tag}-${hash.slice(0, MARK_CHARS)}`;
}

/** Of the receipt that the station with this tag writes for those messages of another one. */
export function receiptLabel(tag: string, to: string, hashes: readonly string[]): string {
  return `${tag}-ack-${sha256([to, ...hashes].join('\n')).slice(0, MARK_CHARS)}`;
}

/** Undefined for any file that is not a message waiting at some station. */
export function parseMessageLabel(label: string): { readonly tag: string; readonly mark: string } | undefined {
  const [, tag, mark] = MESSAGE.exec(label) ?? [];
  return tag === undefined || mark === undefined ? undefined : { tag, mark };
}

export function isLabelOf(tag: string, label: string): boolean {
  return label.startsWith(`${tag}-`);
}

/** The file that says which DID a tag stands for. */
export function stationFileName(tag: string): string {
  return `waypost-${tag}.json`;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
