import type { LogLevel } from '../logger.js';

/** One line of the log, as text for people. */
export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

/** A line of a log cannot be longer in it; values in it were cut before. */
const MAX_LINE_CHARS = 2000;
const MAX_CHARS = 64 * 1024;

/** The last lines of the log, for somebody who looks at it in a browser: 64 Ki characters at most. */
export class LogRing {
  readonly #lines: LogLine[] = [];
  #chars = 0;

  /** `line` may end with a line break. */
  add(line: string, level: LogLevel): void {
    const text = line.trimEnd().slice(0, MAX_LINE_CHARS);
    this.#lines.push({ level, text });
    this.#chars += text.length;
    while (this.#chars > MAX_CHARS) this.#chars -= this.#lines.shift()?.text.length ?? 0;
  }

  /** The oldest first. */
  lines(): readonly LogLine[] {
    return this.#lines;
  }
}
