import type { Database } from 'better-sqlite3';
import { WaypostError } from '../../core/errors.js';

/*
 * The tables, as the steps that make them. A step that was released is never edited; a change is another step.
 *
 * Indexes are what wears an SD card: each one costs a random page per message. There are three, each for one query
 * that runs all the time:
 * - messages_in_order: what waits for a destination, in order. It holds everything that counting and quotas need, so
 *   that opening a store of a million messages reads some 25 MB and not the messages.
 * - messages_by_hash: is this content queued already? 48 bits of the hash find it, the whole hash in the row decides.
 * - messages_by_expiry: only for messages that have an `expires_time`.
 * The published retention needs none, because the order of `seq` is the order of age.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next_seq INTEGER NOT NULL,      -- numbers from here on were never given to anything
    age_ms INTEGER NOT NULL,        -- the AgeMark of the last change or so
    boot_id TEXT NOT NULL,
    monotonic_ms REAL NOT NULL,
    anchor_age_ms INTEGER,
    anchor_wall_ms INTEGER,
    clean INTEGER NOT NULL          -- 1 when the store was closed and not opened since
  ) STRICT;
  INSERT INTO state (id, next_seq, age_ms, boot_id, monotonic_ms, clean) VALUES (1, 1, 0, '', 0, 1);

  CREATE TABLE destinations (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    destination INTEGER NOT NULL,
    priority INTEGER NOT NULL,      -- index in PRIORITIES
    depositor INTEGER NOT NULL,     -- 48 bits of SHA-256 of its name: enough to count by
    bytes INTEGER NOT NULL,         -- content and metadata
    short_hash INTEGER NOT NULL,    -- the first 48 bits of content_hash
    received_age_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    content_hash BLOB NOT NULL,
    metadata BLOB NOT NULL,
    content BLOB NOT NULL           -- last: reading the others does not touch its overflow pages
  ) STRICT;
  CREATE INDEX messages_in_order ON messages (destination, priority, seq, bytes, depositor);
  CREATE INDEX messages_by_hash ON messages (short_hash);
  CREATE INDEX messages_by_expiry ON messages (expires_at_ms) WHERE expires_at_ms IS NOT NULL;

  CREATE TABLE departures (
    n INTEGER PRIMARY KEY,          -- in the order of leaving; the oldest are forgotten
    seq INTEGER NOT NULL,
    destination INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    short_hash INTEGER NOT NULL,
    reason INTEGER NOT NULL,        -- index in LEAVE_REASONS
    left_age_ms INTEGER NOT NULL,
    content_hash BLOB NOT NULL
  ) STRICT;

  CREATE TABLE entries (
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    written INTEGER,                -- only in spaces that forget: grows with each write
    value BLOB NOT NULL,
    PRIMARY KEY (space, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_by_age ON entries (space, written) WHERE written IS NOT NULL;
  `,
];

/**
 * Brings a database to the newest schema, each step in its own transaction. Returns the version that it had (0: new).
 * Throws ERR_STORE_VERSION for a version that this program does not know; the file is not touched then.
 */
export function migrate(db: Database, migrations: readonly string[] = MIGRATIONS): number {
  const found = Number(db.pragma('user_version', { simple: true }));
  if (found > migrations.length) {
    throw new WaypostError(
      'ERR_STORE_VERSION',
      `the database has schema version ${found}, this program knows up to ${migrations.length}`,
    );
  }
  migrations.slice(found).forEach((step, i) => {
    db.transaction(() => {
      db.exec(step);
      db.pragma(`user_version = ${found + i + 1}`);
    }).immediate();
  });
  return found;
}
