import { type LogLevel, type LogRecord, renderRecord } from '../logger.js';

/** One line of the log, as text for people. */
export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

const MAX_CHARS = 64 * 1024;
/** Of a record beside the texts in it. */
const RECORD_CHARS = 60;
/** No more of a text is shown. */
const MAX_VALUE_CHARS = 600;

/**
 * The last lines of the log, for somebody who looks at it in a browser: some 64 Ki characters. They become text when they
 * are looked at, which on most gateways is never.
 */
export class LogRing {
  readonly #records: LogRecord[] = [];
  #chars = 0;

  add(record: LogRecord): void {
    this.#records.push(record);
    this.#chars += charsOf(record);
    while (this.#chars > MAX_CHARS) {
      const oldest = this.#records.shift();
      this.#chars -= oldest === undefined ? this.#chars : charsOf(oldest);
    }
  }

  /** The oldest first. */
  lines(): readonly LogLine[] {
    return this.#records.map((record) => ({ level: record.level, text: renderRecord(record, 'text') }));
  }
}

function charsOf({ event, fields }: LogRecord): number {
  const texts = Object.values(fields).filter((value) => typeof value === 'string');
  return texts.reduce((sum, text) => sum + Math.min(text.length, MAX_VALUE_CHARS), RECORD_CHARS + event.length);
}
