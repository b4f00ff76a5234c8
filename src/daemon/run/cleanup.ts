/** What was opened, to be closed in the opposite order: an AsyncDisposableStack, which Node 22 does not have. */
export class Cleanup implements AsyncDisposable {
  readonly #opened: AsyncDisposable[] = [];
  #closing: Promise<void> | undefined;

  use<T extends AsyncDisposable>(resource: T): T {
    this.#opened.push(resource);
    return resource;
  }

  defer(close: () => unknown): void {
    this.#opened.push({
      async [Symbol.asyncDispose]() {
        await close();
      },
    });
  }

  /** Goes on after one that fails; throws the first failure. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    for (const resource of this.#opened.splice(0).reverse()) {
      try {
        await resource[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Opens something in several steps; what was opened is closed again when a later step fails. */
export async function openAll<T>(open: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup();
  try {
    return await open(cleanup);
  } catch (error) {
    await cleanup[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
}
