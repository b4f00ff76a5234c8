/** Numbers in [0, 1) from a seed (mulberry32), so that a run that failed can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run: from the environment to repeat one, otherwise new. */
export function chooseSeed(): number {
  return Number(process.env.WAYPOST_SEED ?? Math.floor(Math.random() * 2 ** 32));
}
