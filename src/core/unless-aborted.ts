/**
 * The result of `work`, or the reason of the first signal that aborts before. Nothing is left behind at a signal that lives
 * longer, as `Promise.race` would leave.
 */
export async function unlessAborted<T>(work: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  work.catch(() => {}); // when a signal came first, nobody else looks at it
  for (const signal of signals) signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const tell = (event: Event): void => reject((event.target as AbortSignal).reason);
    for (const signal of signals) signal.addEventListener('abort', tell, { once: true });
    stop = () => {
      for (const signal of signals) signal.removeEventListener('abort', tell);
    };
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}
