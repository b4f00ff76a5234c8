/** Whether the page opens without the gateway: not in this browser, as soon as all is fetched, or now. */
export type OfflineState = 'missing' | 'coming' | 'ready';

/** Fetches the page for times without the gateway, and knows when a newer version of it was fetched. */
export class OfflinePage {
  readonly #workers: ServiceWorkerContainer | undefined;
  readonly #onChange: () => void;
  #state: OfflineState;
  #waiting: ServiceWorker | undefined;

  /** `workers` is missing where the page came without https. `onChange` is told when one of the others changes. */
  constructor(workers: ServiceWorkerContainer | undefined, onChange: () => void) {
    this.#workers = workers;
    this.#onChange = onChange;
    this.#state = workers === undefined ? 'missing' : 'coming';
  }

  get state(): OfflineState {
    return this.#state;
  }

  /** A newer version is here, and used when {@link update} is called or the page is opened anew in all tabs. */
  get hasUpdate(): boolean {
    return this.#waiting !== undefined;
  }

  /** Begins. Never rejects: without a worker the page works as long as the gateway is there. */
  async start(): Promise<void> {
    if (this.#workers === undefined) return;
    try {
      const registration = await this.#workers.register('service-worker.js', { updateViaCache: 'none' });
      const look = (): void => {
        this.#state = registration.active === null ? 'coming' : 'ready';
        this.#waiting = registration.active === null ? undefined : (registration.waiting ?? undefined);
        this.#onChange();
      };
      const follow = (worker: ServiceWorker | null): void => worker?.addEventListener('statechange', look);
      registration.addEventListener('updatefound', () => follow(registration.installing));
      follow(registration.installing);
      look();
    } catch {
      this.#state = 'missing';
      this.#onChange();
    }
  }

  /** Uses the newer version: `reload` is called when it is in charge. */
  update(reload: () => void): void {
    this.#workers?.addEventListener('controllerchange', reload, { once: true });
    this.#waiting?.postMessage('use-this-version');
  }
}
