/** One number: how `subject` did in `case`. */
export interface Measurement {
  readonly bench: string;
  readonly case: string;
  readonly subject: string;
  readonly value: number;
  /** For example `op/CPU-s`. */
  readonly unit: string;
}

/** A promise: `value` is at least `limit`, or at most where `relation` says so. */
export interface Bar {
  readonly bench: string;
  /** What is promised, in words. */
  readonly bar: string;
  readonly value: number;
  readonly limit: number;
  readonly relation?: '<=';
  readonly holds: boolean;
}

export interface BenchReport {
  readonly measurements: readonly Measurement[];
  readonly bars: readonly Bar[];
}

/** One JSON array: all measurements, then all bars. */
export function toJson({ measurements, bars }: BenchReport): string {
  return JSON.stringify([...measurements, ...bars], undefined, 2);
}

/** A table for people: one line a case, one column a subject, and the bars below. */
export function formatReport({ measurements, bars }: BenchReport): string {
  const subjects = [...new Set(measurements.map((measurement) => measurement.subject))];
  const cases = [...new Set(measurements.map((measurement) => measurement.case))];
  const units = [...new Set(measurements.map((measurement) => measurement.unit))];
  const cell = (name: string, subject: string): string => {
    const found = measurements.find((measurement) => measurement.case === name && measurement.subject === subject);
    return found === undefined ? '' : formatNumber(found.value);
  };
  const table = [['', ...subjects], ...cases.map((name) => [name, ...subjects.map((subject) => cell(name, subject))])];
  const verdicts = bars.map((bar) => [
    bar.bar,
    formatNumber(bar.value),
    `${bar.relation ?? '>='} ${formatNumber(bar.limit)}`,
    bar.holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  return [`in ${units.join(', ')}`, ...align(table), '', ...align(verdicts)].join('\n');
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('   ')
      .trimEnd(),
  );
}

/** Three significant digits, without an exponent. */
function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
