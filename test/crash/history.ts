/** What waits in a store, after it was opened again: in the order of its queues. */
export interface Found {
  readonly id: string;
  readonly text: string;
}

/**
 * What a process said about its work before it was stopped, and what follows from that for the store it left behind.
 *
 * Events are lines. `put TEXT` and `ack ID` are said before the store is asked, `stored ID TEXT` and `acked ID` when its
 * promise has resolved, `got ID TEXT` for what was listed. A text is `PRODUCER/NUMBER`; a producer counts up and waits
 * for each put.
 */
export class History {
  readonly #put = new Set<string>();
  readonly #idOf = new Map<string, string>();
  readonly #textOf = new Map<string, string>();
  readonly #stored = new Set<string>();
  readonly #acking = new Set<string>();
  readonly #ackedTexts = new Map<string, string>();
  readonly #problems: string[] = [];

  /** Puts whose result was never seen: an honest sender sends them again. */
  unconfirmed(): string[] {
    return [...this.#put].filter((text) => !this.#stored.has(text));
  }

  get storedCount(): number {
    return this.#stored.size;
  }

  get ackedCount(): number {
    return this.#ackedTexts.size;
  }

  add(line: string): void {
    const [event, first = '', second = ''] = line.split(' ');
    if (event === 'put') this.#put.add(first);
    if (event === 'ack') this.#acking.add(first);
    if (event === 'acked') this.#ackedTexts.set(this.#textOf.get(first) ?? '', first);
    if (event === 'stored' || event === 'got') this.#learn(first, second);
    if (event === 'stored') this.#stored.add(second);
    if (event === 'got' && this.#ackedTexts.has(second)) this.#problems.push(`delivered again: ${second}`);
  }

  /** Everything that is wrong with what a store holds after this history; empty when nothing is. */
  problems(found: readonly Found[]): string[] {
    const problems = [...this.#problems];
    const texts = new Set<string>();
    const lastOf = new Map<string, number>();
    for (const { id, text } of found) {
      const [producer = '', number = ''] = text.split('/');
      if (!this.#put.has(text)) problems.push(`invented: ${text}`);
      if (texts.has(text)) problems.push(`held twice: ${text}`);
      if (this.#ackedTexts.has(text)) problems.push(`came back: ${text}`);
      if ((this.#idOf.get(text) ?? id) !== id) problems.push(`another id: ${text}`);
      if ((lastOf.get(producer) ?? -1) >= Number(number)) problems.push(`out of order: ${text}`);
      texts.add(text);
      lastOf.set(producer, Number(number));
    }
    for (const text of this.#stored) {
      if (!texts.has(text) && !this.#acking.has(this.#idOf.get(text) ?? '')) problems.push(`lost: ${text}`);
    }
    return problems;
  }

  #learn(id: string, text: string): void {
    const known = this.#idOf.get(text);
    if (known !== undefined && known !== id) this.#problems.push(`two ids: ${text} was ${known}, is ${id}`);
    this.#idOf.set(text, id);
    this.#textOf.set(id, text);
  }
}
