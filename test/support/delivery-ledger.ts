/** What senders and recipients know, and what follows for a mediator that never loses and never doubles. */
export class DeliveryLedger {
  readonly #sent = new Set<string>();
  readonly #accepted = new Set<string>();
  /** Ids under which a text was delivered. */
  readonly #ids = new Map<string, Set<string>>();
  readonly #acknowledged = new Set<string>();
  readonly #problems: string[] = [];

  get acceptedCount(): number {
    return this.#accepted.size;
  }

  get receivedCount(): number {
    return this.#ids.size;
  }

  sent(text: string): void {
    this.#sent.add(text);
  }

  /** The mediator said that it has it. */
  accepted(text: string): void {
    this.#accepted.add(text);
  }

  delivered(text: string, id: string): void {
    if (this.#acknowledged.has(id)) this.#problems.push(`delivered again although acknowledged: ${text}`);
    if (!this.#sent.has(text)) this.#problems.push(`invented: ${text}`);
    this.#ids.set(text, (this.#ids.get(text) ?? new Set()).add(id));
  }

  /** The mediator said that it knows that the recipient has it. */
  acknowledged(id: string): void {
    this.#acknowledged.add(id);
  }

  /** Accepted, and not delivered yet. */
  missing(): string[] {
    return [...this.#accepted].filter((text) => !this.#ids.has(text));
  }

  /** Everything that is wrong when all queues are empty: what was lost, and what a client that goes by ids has twice. */
  problems(): string[] {
    const lost = this.missing().map((text) => `lost: ${text}`);
    const twice = [...this.#ids].filter(([, ids]) => ids.size > 1).map(([text]) => `twice: ${text}`);
    return [...this.#problems, ...lost, ...twice];
  }
}
