import type { MediationClient, RecipientChange } from '../../protocols/client/mediation-client.js';

export interface RegistrationsOptions {
  /** What is to be registered: our own DIDs first, at most as many as the limit. */
  wanted(): Promise<readonly string[]>;
  canonical(did: string): string;
  readonly batchChanges: number;
}

/** DIDs by their canonical form. */
type Dids = ReadonlyMap<string, string>;

/** What has to change for `listed` to become `wanted`. What the mediator refused before is not asked for again. */
export function planRegistrations(
  wanted: Dids,
  listed: Dids,
  refused: ReadonlySet<string>,
): readonly RecipientChange[] {
  const changes: RecipientChange[] = [];
  for (const [name, did] of wanted) {
    if (!listed.has(name) && !refused.has(name)) changes.push({ action: 'add', recipient_did: did });
  }
  for (const [name, did] of listed) {
    if (!wanted.has(name)) changes.push({ action: 'remove', recipient_did: did });
  }
  return changes;
}

/** What one mediator takes messages for on our behalf, as far as it is known on one connection. */
export class Registrations {
  readonly #options: RegistrationsOptions;
  readonly #client: MediationClient;
  readonly #listed = new Map<string, string>();
  readonly #refused = new Set<string>();

  constructor(client: MediationClient, options: RegistrationsOptions) {
    this.#client = client;
    this.#options = options;
  }

  get registered(): number {
    return this.#listed.size;
  }

  get refused(): number {
    return this.#refused.size;
  }

  isRefused(did: string): boolean {
    return this.#refused.has(this.#options.canonical(did));
  }

  /** Begins with what the mediator says is registered; without that everything is registered again, which is allowed. */
  learn(listed: readonly string[]): void {
    for (const did of listed) this.#listed.set(this.#options.canonical(did), did);
  }

  /** Makes the mediator's list what it should be. Throws what the client throws; what was done by then is remembered. */
  async update(): Promise<void> {
    const { wanted, canonical, batchChanges } = this.#options;
    const dids = new Map((await wanted()).map((did) => [canonical(did), did]));
    const changes = planRegistrations(dids, this.#listed, this.#refused);
    for (let at = 0; at < changes.length; at += batchChanges) {
      const batch = changes.slice(at, at + batchChanges);
      const results = await this.#client.update(batch);
      for (const [index, change] of batch.entries()) this.#note(change, results[index] === 'success');
    }
  }

  #note({ action, recipient_did }: RecipientChange, isDone: boolean): void {
    const name = this.#options.canonical(recipient_did);
    if (action === 'remove') {
      // Whether it was removed or belonged to somebody else: it is not ours to ask for again.
      this.#listed.delete(name);
      this.#refused.delete(name);
    } else if (isDone) this.#listed.set(name, recipient_did);
    else this.#refused.add(name);
  }
}
