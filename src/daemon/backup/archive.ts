import { createHash, type Hash } from 'node:crypto';
import { fromUtf8, toHex, utf8 } from '../../core/bytes.js';
import { parseJsonObject } from '../../core/json.js';
import { damaged } from './chunks.js';

/*
 * Several files as one stream: for each a line of JSON, `{"name","bytes"}`, and its bytes; at the end the line
 * `{"sha256"}` over all that stands before it.
 */

export interface ArchiveEntry {
  /** Path within the data folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

const LINE_LIMITS = { maxBytes: 1024, maxDepth: 2 };
const NEWLINE = 0x0a;

export async function* writeArchive(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const hashed = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    return bytes;
  };
  for await (const { name, bytes, content } of entries) {
    yield hashed(line({ name, bytes }));
    for await (const piece of content) yield hashed(piece);
  }
  yield line({ sha256: hash.digest('hex') });
}

/**
 * The entries of an archive. The content of each must be read to its end before the next is asked for. Throws
 * ERR_BACKUP, at the latest at the end, when anything is not as it was written.
 */
export async function* readArchive(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry> {
  const reader = new StreamReader(stream);
  for (;;) {
    const before = toHex(reader.hash.copy().digest());
    const head = parseLine(await reader.line());
    if (typeof head.sha256 === 'string') {
      if (head.sha256 !== before || !(await reader.isAtEnd())) throw damaged();
      return;
    }
    const { name, bytes } = head;
    if (typeof name !== 'string' || !Number.isSafeInteger(bytes) || (bytes as number) < 0) throw damaged();
    yield { name, bytes: bytes as number, content: reader.bytes(bytes as number) };
  }
}

class StreamReader {
  /** Of everything that was read. */
  readonly hash: Hash = createHash('sha256');
  readonly #stream: AsyncIterator<Uint8Array>;
  #pending: Uint8Array = new Uint8Array();

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#stream = stream[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const parts: number[] = [];
    while (parts.length <= LINE_LIMITS.maxBytes) {
      if (!(await this.#fill())) throw damaged();
      const byte = this.#take(1)[0];
      if (byte === NEWLINE) return fromUtf8(new Uint8Array(parts));
      if (byte !== undefined) parts.push(byte);
    }
    throw damaged();
  }

  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      if (!(await this.#fill())) throw damaged();
      const piece = this.#take(left);
      left -= piece.length;
      yield piece;
    }
  }

  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  async #fill(): Promise<boolean> {
    while (this.#pending.length === 0) {
      const next = await this.#stream.next();
      if (next.done === true) return false;
      this.#pending = next.value;
    }
    return true;
  }

  #take(count: number): Uint8Array {
    const piece = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    this.hash.update(piece);
    return piece;
  }
}

function line(value: object): Uint8Array {
  return utf8(`${JSON.stringify(value)}\n`);
}

function parseLine(text: string): Record<string, unknown> {
  try {
    return parseJsonObject(text, LINE_LIMITS, 'a line of the backup');
  } catch {
    throw damaged();
  }
}
