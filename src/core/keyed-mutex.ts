import { Mutex } from './mutex.js';

interface Line {
  readonly mutex: Mutex;
  waiting: number;
}

/** Runs tasks with the same key one after the other, in the order in which they came; different keys do not wait. */
export class KeyedMutex {
  readonly #lines = new Map<string, Line>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { mutex: new Mutex(), waiting: 0 };
    this.#lines.set(key, line);
    line.waiting++;
    try {
      return await line.mutex.run(task);
    } finally {
      line.waiting--;
      if (line.waiting === 0) this.#lines.delete(key);
    }
  }
}
