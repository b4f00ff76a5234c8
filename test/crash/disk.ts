/** One entry of a recording; see recording-vfs.c. */
export type DiskRecord =
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'truncate'; readonly path: string; readonly offset: number }
  | { readonly kind: 'event'; readonly line: string };

export function parseRecording(bytes: Buffer): DiskRecord[] {
  const records: DiskRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const pathEnd = at + 7 + bytes.readUInt16BE(at + 5);
    const path = bytes.toString('utf8', at + 7, pathEnd);
    const offset = Number(bytes.readBigUInt64BE(pathEnd));
    const data = bytes.subarray(pathEnd + 8, end);
    const kind = String.fromCharCode(bytes[at + 4] ?? 0);
    if (kind === 'w') records.push({ kind: 'write', path, offset, data });
    if (kind === 't') records.push({ kind: 'truncate', path, offset });
    if (kind === 's') records.push({ kind: 'sync', path });
    if (kind === 'd') records.push({ kind: 'delete', path });
    if (kind === 'e') records.push({ kind: 'event', line: data.toString() });
    at = end;
  }
  return records;
}

type Change = Extract<DiskRecord, { kind: 'write' | 'truncate' | 'delete' }>;

const SECTOR_BYTES = 512;

/**
 * What survives when the power goes, of what was not synced.
 *
 * `all`: everything had reached the disk anyway. `nothing`: it was all in caches. `some`: each sector had or had not,
 * in any order, and the one that was being written is torn.
 */
export type Survival = 'all' | 'nothing' | 'some';

/** A disk with a cache: what was synced is safe, what was written since may be lost, sector by sector. */
export class Disk {
  readonly #synced = new Map<string, Buffer>();
  readonly #pending = new Map<string, Change[]>();

  apply(record: DiskRecord): void {
    if (record.kind === 'event') return;
    if (record.kind === 'sync') {
      this.#settle(record.path);
      return;
    }
    const pending = this.#pending.get(record.path) ?? [];
    // A journaling file system does not bring back a deleted file once another one has its name.
    if (pending.at(-1)?.kind === 'delete') this.#settle(record.path);
    this.#pending.set(record.path, [...(this.#pending.get(record.path) ?? []), record]);
  }

  /** The files as they are found when the power is back. */
  image(survival: Survival, random: () => number): Map<string, Buffer> {
    const image = new Map(this.#synced);
    for (const [path, changes] of this.#pending) {
      let content = image.get(path);
      changes.forEach((change, i) => {
        content = survive(content, change, survival, random, i === changes.length - 1);
      });
      if (content) image.set(path, content);
      else image.delete(path);
    }
    return image;
  }

  #settle(path: string): void {
    let content = this.#synced.get(path);
    for (const change of this.#pending.get(path) ?? []) content = applied(content, change);
    if (content) this.#synced.set(path, content);
    else this.#synced.delete(path);
    this.#pending.delete(path);
  }
}

function applied(content: Buffer | undefined, change: Change): Buffer | undefined {
  if (change.kind === 'delete') return undefined;
  const before = content ?? Buffer.alloc(0);
  if (change.kind === 'truncate') return before.subarray(0, change.offset);
  const after = Buffer.alloc(Math.max(before.length, change.offset + change.data.length));
  before.copy(after);
  change.data.copy(after, change.offset);
  return after;
}

function survive(
  content: Buffer | undefined,
  change: Change,
  survival: Survival,
  random: () => number,
  isLast: boolean,
): Buffer | undefined {
  if (survival === 'nothing') return content;
  if (survival === 'all') return applied(content, change);
  if (change.kind !== 'write') return random() < 0.5 ? applied(content, change) : content;
  let result = content;
  const end = change.offset + change.data.length;
  for (let at = change.offset; at < end; ) {
    const next = Math.min(end, at - (at % SECTOR_BYTES) + SECTOR_BYTES);
    const torn = isLast && random() < 0.2 ? at + Math.floor(random() * (next - at)) : next;
    const data = change.data.subarray(at - change.offset, torn - change.offset);
    if (random() < 0.5) result = applied(result, { ...change, offset: at, data });
    at = next;
  }
  return result;
}
