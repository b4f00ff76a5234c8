/** Fails when `promise` takes longer than it ever should; the message says what was waited for. */
export async function within<T>(what: string, promise: PromiseLike<T>, limitMs = 2000): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Error(`${what} did not happen within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(late);
  }
}

/** What a promise fails with; undefined when it does not fail. Nothing is left unhandled while it is not awaited. */
export function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
}
