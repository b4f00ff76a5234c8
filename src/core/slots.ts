/** A bounded number of things at the same time; whoever comes later waits in line. */
export class Slots {
  readonly #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #idle: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a slot when one is free; false when one has to be waited for. Whoever has a slot gives it back, once. */
  tryTake(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken++;
    return true;
  }

  /** Waits for a slot, and takes it. */
  async take(): Promise<void> {
    if (!this.tryTake()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves as soon as no slot is taken. */
  async idle(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** The slot is handed to the next in line without becoming free, or somebody else could slip in. */
  giveBack(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#taken--;
    if (this.#taken > 0) return;
    for (const tell of this.#idle.splice(0)) tell();
  }
}
