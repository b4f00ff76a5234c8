/** A line of a log cannot be longer in it; values in it were cut before. */
const MAX_LINE_CHARS = 2000;
const MAX_CHARS = 64 * 1024;

/** The last lines of the log, for somebody who looks at it in a browser: 64 Ki characters at most. */
export class LogRing {
  readonly #lines: string[] = [];
  #chars = 0;

  /** `line` may end with a line break. */
  add(line: string): void {
    const kept = line.trimEnd().slice(0, MAX_LINE_CHARS);
    this.#lines.push(kept);
    this.#chars += kept.length;
    while (this.#chars > MAX_CHARS) this.#chars -= this.#lines.shift()?.length ?? 0;
  }

  /** The oldest first. */
  lines(): readonly string[] {
    return this.#lines;
  }
}
