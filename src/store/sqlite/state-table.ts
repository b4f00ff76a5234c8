import type { Database, Statement } from 'better-sqlite3';
import type { AgeMark } from '../age.js';

interface StateRow {
  readonly next_seq: number;
  readonly age_ms: number;
  readonly boot_id: string;
  readonly monotonic_ms: number;
  readonly anchor_age_ms: number | null;
  readonly anchor_wall_ms: number | null;
  readonly clean: number;
}

/** Numbers are claimed on disk in blocks, which costs a page in this many messages and not in each. */
const CLAIMED_AT_ONCE = 4096;
/** The age is written with a change, but not with each: after a power cut it may be behind by this. */
const MARK_EVERY_MS = 10_000;

/** The one row that says where the store is in time, and which sequence numbers it has used. */
export class StateTable {
  readonly #read: Statement<[], StateRow>;
  readonly #writeMark: Statement<[number, string, number, number | null, number | null]>;
  readonly #claim: Statement<[number]>;
  readonly #setClean: Statement<[number]>;
  #next = 0;
  #claimed = 0;
  #markedAgeMs = -Infinity;

  constructor(db: Database) {
    this.#read = db.prepare('SELECT * FROM state');
    this.#writeMark = db.prepare(
      'UPDATE state SET age_ms = ?, boot_id = ?, monotonic_ms = ?, anchor_age_ms = ?, anchor_wall_ms = ?',
    );
    this.#claim = db.prepare('UPDATE state SET next_seq = ?');
    this.#setClean = db.prepare('UPDATE state SET clean = ?');
    this.reload();
  }

  /** Forgets what a transaction that failed may have changed here. */
  reload(): void {
    const row = this.#row();
    this.#next = row.next_seq;
    this.#claimed = row.next_seq;
    this.#markedAgeMs = -Infinity;
  }

  /** A number that nothing in this store ever had, and greater than all before. */
  nextSequence(): number {
    if (this.#next === this.#claimed) {
      this.#claimed += CLAIMED_AT_ONCE;
      this.#claim.run(this.#claimed);
    }
    return this.#next++;
  }

  /** The mark of the last change; undefined in a new store. */
  mark(): AgeMark | undefined {
    const row = this.#row();
    if (row.boot_id === '') return undefined;
    const { anchor_age_ms: ageMs, anchor_wall_ms: wallMs } = row;
    return {
      ageMs: row.age_ms,
      bootId: row.boot_id,
      monotonicMs: row.monotonic_ms,
      anchor: ageMs === null || wallMs === null ? undefined : { ageMs, wallMs },
    };
  }

  /** Writes the mark along with a change when the last one is old enough, or always with `now`. */
  keepMark(mark: AgeMark, now = false): void {
    if (!now && mark.ageMs - this.#markedAgeMs < MARK_EVERY_MS) return;
    const { ageMs, bootId, monotonicMs, anchor } = mark;
    this.#writeMark.run(ageMs, bootId, monotonicMs, anchor?.ageMs ?? null, anchor?.wallMs ?? null);
    this.#markedAgeMs = ageMs;
  }

  /**
   * Whether the machine, and not only the process, went down with the store open. A killed process cannot damage the
   * file, because the operating system still has what it wrote; checking it would only delay the restart.
   */
  endedUncleanly(bootId: string): boolean {
    const row = this.#row();
    return row.clean === 0 && row.boot_id !== bootId;
  }

  markOpen(): void {
    this.#setClean.run(0);
  }

  markClosed(): void {
    this.#setClean.run(1);
  }

  #row(): StateRow {
    const row = this.#read.get();
    if (!row) throw new Error('the state row is missing');
    return row;
  }
}
