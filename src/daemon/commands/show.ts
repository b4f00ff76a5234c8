import type { Io } from '../io.js';

export { countOf, shorten, showDuration, showOutlook, showSize } from '../measures.js';

/** Rows as columns of one width each; the first row is the heading. */
export function writeTable(io: Io, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    io.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
}
