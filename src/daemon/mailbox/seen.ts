import path from 'node:path';
import { parseJson } from '../../core/json.js';
import type { Unpacked } from '../../envelope/unpack.js';
import { writeFileAtomic } from '../data-folder/atomic-file.js';
import type { DataFolder } from '../data-folder/layout.js';
import { readSmallFile } from '../data-folder/small-file.js';

const REMEMBERED = 1000;
const MAX_NAME_CHARS = 500;
const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 2 };

/**
 * Messages that were shown already. A mediator gives a message again when it did not hear that it arrived; the last
 * 1000 are remembered over restarts.
 */
export class Seen {
  readonly #file: string;
  readonly #ids: Set<string>;

  private constructor(file: string, ids: readonly string[]) {
    this.#file = file;
    this.#ids = new Set(ids);
  }

  static async open(folder: DataFolder): Promise<Seen> {
    const file = path.join(folder.path, 'seen.json');
    const content = await readSmallFile(file, LIMITS.maxBytes);
    const value = content === undefined ? [] : parseJson(content, LIMITS, file);
    return new Seen(file, Array.isArray(value) ? value.filter((id) => typeof id === 'string') : []);
  }

  has(unpacked: Unpacked): boolean {
    return this.#ids.has(nameOf(unpacked));
  }

  /** Shows a message unless it was shown before: what `receive` takes messages with. */
  async showOnce(unpacked: Unpacked, show: (unpacked: Unpacked) => boolean): Promise<boolean> {
    if (this.has(unpacked)) return false;
    const isEnough = show(unpacked);
    await this.add(unpacked);
    return isEnough;
  }

  /** Durable when it resolves. */
  async add(unpacked: Unpacked): Promise<void> {
    this.#ids.add(nameOf(unpacked));
    const [oldest] = this.#ids;
    if (this.#ids.size > REMEMBERED && oldest !== undefined) this.#ids.delete(oldest);
    await writeFileAtomic(this.#file, JSON.stringify([...this.#ids]));
  }
}

/** Ids are unique only among those of one sender. */
function nameOf({ from, message }: Unpacked): string {
  return `${from ?? ''} ${message.id}`.slice(-MAX_NAME_CHARS);
}
