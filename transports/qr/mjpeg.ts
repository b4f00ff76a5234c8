import { concatBytes } from '../../src/core/bytes.js';

/** Markers (ITU-T T.81, B.1.1.3). */
const [START, END, SCAN] = [0xd8, 0xd9, 0xda];

/**
 * Cuts a stream of JPEG pictures, one after the other or with something between them, as programs write it for cameras.
 * Goes by the segments of a picture, not only by its end marker, which can also stand in a thumbnail within it.
 * What is damaged or too long is dropped, and counted, up to the next picture.
 */
export class MjpegSplitter {
  readonly #maxPictureBytes: number;
  #bytes: Uint8Array = new Uint8Array();
  /** How far the bytes have been looked at; the next marker is not before. */
  #position = 0;
  #state: 'outside' | 'segments' | 'scan' = 'outside';
  #dropped = 0;

  constructor(maxPictureBytes: number) {
    this.#maxPictureBytes = maxPictureBytes;
  }

  /** Pictures that were begun and not given out. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes the next bytes of the stream; gives the pictures that they complete. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#bytes = concatBytes(this.#bytes, chunk);
    const pictures: Uint8Array[] = [];
    while (this.#advance(pictures));
    this.#bytes = this.#bytes.slice(this.#state === 'outside' ? this.#position : 0);
    if (this.#state === 'outside') this.#position = 0;
    else if (this.#bytes.length > this.#maxPictureBytes) this.#drop(this.#bytes.length);
    return pictures;
  }

  /** Looks at the next marker. False when more bytes are needed for it. */
  #advance(pictures: Uint8Array[]): boolean {
    const at = this.#state === 'segments' ? this.#position : this.#bytes.indexOf(0xff, this.#position);
    if (at < 0) {
      this.#position = Math.max(this.#position, this.#bytes.length);
      return false;
    }
    this.#position = at;
    const marker = this.#bytes[at + 1];
    if (marker === undefined) return false;
    if (this.#state === 'outside') return this.#lookOutside(at, marker);
    if (this.#bytes[at] !== 0xff || marker === START) return this.#drop(at);
    if (marker === 0xff) return this.#goTo(at + 1); // a fill byte
    if (marker === END) return this.#finish(at + 2, pictures);
    // A zero after 0xff is data, and 0xd0 to 0xd7 stand between parts of a scan.
    if (this.#state === 'scan' && (marker === 0 || (marker >= 0xd0 && marker <= 0xd7))) return this.#goTo(at + 2);
    return this.#skipSegment(at, marker);
  }

  #lookOutside(at: number, marker: number): boolean {
    if (marker !== START) return this.#goTo(at + 1);
    this.#bytes = this.#bytes.slice(at);
    this.#state = 'segments';
    return this.#goTo(2);
  }

  #skipSegment(at: number, marker: number): boolean {
    const [high, low] = [this.#bytes[at + 2], this.#bytes[at + 3]];
    if (high === undefined || low === undefined) return false;
    const length = high * 256 + low;
    if (length < 2) return this.#drop(at);
    // It may end in bytes that have yet to come.
    this.#state = marker === SCAN ? 'scan' : 'segments';
    return this.#goTo(at + 2 + length);
  }

  #finish(end: number, pictures: Uint8Array[]): boolean {
    if (end <= this.#maxPictureBytes) pictures.push(this.#bytes.slice(0, end));
    else this.#dropped++;
    this.#bytes = this.#bytes.slice(end);
    this.#state = 'outside';
    return this.#goTo(0);
  }

  #drop(at: number): boolean {
    this.#dropped++;
    this.#state = 'outside';
    this.#bytes = this.#bytes.slice(at);
    return this.#goTo(0);
  }

  #goTo(position: number): boolean {
    this.#position = position;
    return position < this.#bytes.length;
  }
}
