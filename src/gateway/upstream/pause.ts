import type { Scheduler } from '../../core/scheduler.js';

/** A wait that can be cut short. What rings while nobody waits cuts the next wait short. */
export class Pause {
  readonly #scheduler: Scheduler;
  #isRung = false;
  #end: (() => void) | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  async wait(ms: number): Promise<void> {
    if (!this.#isRung) {
      let cancel = (): void => {};
      await new Promise<void>((resolve) => {
        this.#end = resolve;
        cancel = this.#scheduler.after(ms, resolve);
      });
      cancel();
      this.#end = undefined;
    }
    this.#isRung = false;
  }

  ring(): void {
    this.#isRung = true;
    this.#end?.();
  }
}
