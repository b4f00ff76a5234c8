/*
 * Slow and readable twins of the codecs of a line, written from the papers and not from the source, to compare with.
 */

/** COBS: undefined for what is no encoding. */
export function slowCobsDecode(encoded: readonly number[]): number[] | undefined {
  if (encoded.length === 0 || encoded.includes(0)) return undefined;
  const out: number[] = [];
  let rest = encoded;
  while (rest.length > 0) {
    const [code = 0, ...behind] = rest;
    if (behind.length < code - 1) return undefined;
    out.push(...behind.slice(0, code - 1));
    rest = behind.slice(code - 1);
    if (code < 255 && rest.length > 0) out.push(0);
  }
  return out;
}

/** CRC-32C, a bit at a time. */
export function slowCrc32c(bytes: readonly number[]): number {
  let register = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const isSet = ((register ^ (byte >> bit)) & 1) === 1;
      register = (register >>> 1) ^ (isSet ? 0x82f63b78 : 0);
    }
  }
  return ~register >>> 0;
}

function times(a: number, b: number): number {
  let product = 0;
  for (let factor = a, bits = b; bits > 0; bits >>= 1) {
    if (bits & 1) product ^= factor;
    factor = factor & 0x80 ? (factor << 1) ^ 0x11d : factor << 1;
  }
  return product;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent % 255; i++) result = times(result, base);
  return result;
}

function inverse(a: number): number {
  return power(a, 254);
}

/** Solves a square system by elimination; undefined where it has no single solution. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (let column = 0; column < rows.length; column++) {
    const pivotAt = rows.findIndex((row, i) => i >= column && row[column] !== 0);
    const pivot = rows[pivotAt];
    if (pivot === undefined) return undefined;
    rows.splice(pivotAt, 1);
    const scale = inverse(pivot[column] ?? 0);
    const unit = pivot.map((value) => times(value, scale));
    rows.splice(column, 0, unit);
    rows.forEach((row, i) => {
      const factor = row[column] ?? 0;
      if (i !== column) rows[i] = row.map((value, j) => value ^ times(factor, unit[j] ?? 0));
    });
  }
  return rows.map((row) => row.at(-1) ?? 0);
}

/**
 * Reed-Solomon by Peterson, Gorenstein and Zierler: supposes so many errors, from most to fewest, solves for their
 * places, then for what they are. Gives the corrected word, or undefined.
 */
export function slowCorrect(word: readonly number[], parityBytes: number, firstRoot: number): number[] | undefined {
  const syndromes = Array.from({ length: parityBytes }, (_, i) => valueAt(word, power(2, firstRoot + i)));
  if (syndromes.every((syndrome) => syndrome === 0)) return [...word];
  for (let errors = Math.floor(parityBytes / 2); errors > 0; errors--) {
    const range = Array.from({ length: errors }, (_, i) => i);
    const locator = solve(
      range.map((i) => range.map((j) => syndromes[i + j] ?? 0)),
      range.map((i) => syndromes[i + errors] ?? 0),
    );
    if (locator === undefined) continue;
    // x^errors + locator[errors - 1] x^(errors - 1) + .. vanishes at 2^power for each place.
    const powers = word.map((_, i) => word.length - 1 - i);
    const places = powers.filter((place) => valueAt([1, ...locator.toReversed()], power(2, place)) === 0);
    if (places.length !== errors) return undefined;
    const values = solve(
      range.map((i) => places.map((place) => power(power(2, place), firstRoot + i))),
      range.map((i) => syndromes[i] ?? 0),
    );
    if (values === undefined) return undefined;
    const corrected = [...word];
    places.forEach((place, i) => {
      const at = word.length - 1 - place;
      corrected[at] = (corrected[at] ?? 0) ^ (values[i] ?? 0);
    });
    const isCodeWord = syndromes.every((_, i) => valueAt(corrected, power(2, firstRoot + i)) === 0);
    return isCodeWord ? corrected : undefined;
  }
  return undefined;
}

/** Of a polynomial whose highest power comes first. */
function valueAt(polynomial: readonly number[], x: number): number {
  return polynomial.reduce((value, coefficient) => times(value, x) ^ coefficient, 0);
}
