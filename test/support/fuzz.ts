/** `npm run test:fuzz` runs the property tests with many times the inputs. */
const FACTOR = Number(process.env.WAYPOST_FUZZ_FACTOR ?? 1);

/** How many inputs a property is tried on: `inputs`, and in a long run a multiple of it. */
export function runs(inputs: number): { readonly numRuns: number } {
  return { numRuns: inputs * FACTOR };
}
