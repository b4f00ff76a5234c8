import { ENCRYPTED, PLAIN, SIGNED } from '../../src/transport/media-type.js';

/*
 * Names of message files (DIDComm filesystem transport extension, "Format and Naming conventions" and "Ordering"). The
 * ending is the only thing that tells the kind of an envelope; digits and a double hyphen in front are its place in
 * the order. What we write is made of digits, small letters and hyphens: FAT and exFAT know no colon and no difference
 * between small and large letters.
 */

const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['.dcem', ENCRYPTED],
  ['.dcsm', SIGNED],
  ['.dcpm', PLAIN],
]);
/** Of a file that is still being written: any ending that is not in the table hides it from readers. */
export const UNFINISHED = '.tmp';
/** Of a file that was refused for good, for people to look at. */
export const REFUSED = '.refused';

const ORDINAL = /^(\d{1,18})--/;
const ORDINAL_DIGITS = 10;
const LABEL = /^[0-9a-z][0-9a-z-]{0,99}$/;
/** FAT has 255 UTF-16 units, Linux 255 bytes. */
const MAX_NAME_BYTES = 255;
const CONTROL = /\p{Cc}|\p{Cf}|[\\/]/u;

/** A message file, by its name alone. */
export interface MessageName {
  readonly mediaType: string;
  /** Its place among those that have one; undefined for those that go by their time, and before all others. */
  readonly ordinal: bigint | undefined;
  /** What stands between ordinal and ending, in small letters. */
  readonly label: string;
}

/** Undefined for files that are no messages and must be ignored. */
export function parseMessageName(name: string): MessageName | undefined {
  const dot = name.lastIndexOf('.');
  const mediaType = dot < 0 ? undefined : ENDINGS.get(name.slice(dot).toLowerCase());
  if (mediaType === undefined) return undefined;
  const [prefix = '', digits] = ORDINAL.exec(name) ?? [];
  const ordinal = digits === undefined ? undefined : BigInt(digits);
  return { mediaType, ordinal, label: name.slice(prefix.length, dot).toLowerCase() };
}

/** Whether a name may be used and shown. Any other is somebody's mistake or trick. */
export function isPlainName(name: string): boolean {
  return name.length <= MAX_NAME_BYTES && !name.startsWith('.') && !CONTROL.test(name);
}

/** Whether a folder holds messages of threads ("Organizing Folders for Many Messages"). */
export function isThreadFolder(name: string): boolean {
  return isPlainName(name) && (name.endsWith('.thid') || name.endsWith('.threads'));
}

export function isLabel(text: string): boolean {
  return LABEL.test(text);
}

/** Names sort in the order in which they were given, also where a program sorts them as text. */
export function messageName(ordinal: bigint, label: string, mediaType: string): string {
  const ending = [...ENDINGS].find(([, type]) => type === mediaType)?.[0] ?? '.dcem';
  return `${ordinal.toString().padStart(ORDINAL_DIGITS, '0')}--${label}${ending}`;
}
