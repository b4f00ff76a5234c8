import { BoundedCache } from '../core/bounded-cache.js';
import type { Clock } from '../core/clock.js';
import type { LogFields, Logger } from '../core/logger.js';

export type LogLevel = keyof Logger;

/** `text` for people, `json` for programs: one object a line. */
export type LogFormat = 'text' | 'json';

export interface LoggerOptions {
  readonly write: (line: string) => unknown;
  readonly clock: Clock;
  readonly format: LogFormat;
  /** The least important level that is written. */
  readonly level: LogLevel;
}

/** An event that is to be written. */
export interface LogRecord {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export interface RecorderOptions extends Pick<LoggerOptions, 'clock' | 'level'> {
  readonly take: (record: LogRecord) => unknown;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** So many lines of one event in such a time are written; then only how many there were. */
const REPEATS = 20;
const WINDOW_MS = 60_000;
const EVENTS = 1000;
/** Values come from everywhere: a DID may have 16,000 characters. */
const MAX_VALUE_CHARS = 600;

/** Writes events as lines, as {@link createRecorder} lets them through. */
export function createLogger({ write, clock, format, level }: LoggerOptions): Logger {
  return createRecorder({ clock, level, take: (record) => write(`${renderRecord(record, format)}\n`) });
}

/**
 * Lets events through that are important enough. One that repeats comes 20 times a minute; the next one of it says in
 * `suppressed` how many did not. Debug events are asked for and never suppressed.
 */
export function createRecorder({ take, clock, level }: RecorderOptions): Logger {
  const repeats = new Repeats(clock);
  const at = (own: LogLevel) => {
    if (LEVELS.indexOf(own) < LEVELS.indexOf(level)) return () => {};
    return (event: string, fields: LogFields = {}): void => {
      const suppressed = own === 'debug' ? 0 : repeats.count(event);
      if (suppressed === undefined) return;
      const shown = suppressed === 0 ? fields : { ...fields, suppressed };
      take({ timeMs: clock.nowMs(), level: own, event, fields: shown });
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Tells two loggers the same: each writes what is important enough for it, in its own format. */
export function logToBoth(one: Logger, other: Logger): Logger {
  const at =
    (level: LogLevel): Logger[LogLevel] =>
    (event, fields) => {
      one[level](event, fields);
      other[level](event, fields);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

class Repeats {
  readonly #clock: Clock;
  readonly #seen = new BoundedCache<string, { sinceMs: number; written: number; suppressed: number }>(EVENTS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined when the event is not to be written; otherwise how many were not since the last that was. */
  count(event: string): number | undefined {
    const nowMs = this.#clock.nowMs();
    const seen = this.#seen.get(event);
    // A clock that was set back begins a new window as well.
    if (seen === undefined || nowMs - seen.sinceMs >= WINDOW_MS || nowMs < seen.sinceMs) {
      this.#seen.set(event, { sinceMs: nowMs, written: 1, suppressed: 0 });
      return seen?.suppressed ?? 0;
    }
    if (seen.written >= REPEATS) {
      seen.suppressed++;
      return undefined;
    }
    seen.written++;
    return 0;
  }
}

/** As one line, without its end. */
export function renderRecord({ timeMs, level, event, fields }: LogRecord, format: LogFormat): string {
  const render = format === 'json' ? renderJson : renderText;
  return render(new Date(timeMs).toISOString(), level, event, fields);
}

function renderJson(time: string, level: LogLevel, event: string, fields: LogFields): string {
  const shown = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]);
  // The names of ours last: a field cannot pass for the event.
  return JSON.stringify({ ...Object.fromEntries(shown), time, level, event });
}

function renderText(time: string, level: LogLevel, event: string, fields: LogFields): string {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? quoteValue(cut(value)) : value}`);
  return [time, level.padEnd(5), event, ...shown].join(' ');
}

/** A word as it is; all else in quotes, with control characters escaped, so that a value cannot forge a line. */
function quoteValue(value: string): string {
  return /^[\w.:/@%+#?=&*()[\]-]+$/.test(value) ? value : JSON.stringify(value);
}

function cut(value: string): string {
  return value.length > MAX_VALUE_CHARS ? `${value.slice(0, MAX_VALUE_CHARS)}...` : value;
}
