/** Of the lock that the tab in charge holds (Web Locks API). */
const LOCK = 'waypost-web-peer';

interface TabEvents {
  /** Another tab is in charge; `takeOver` makes this one so instead. It also becomes so when the other is closed. */
  onWaiting(takeOver: () => void): void;
  /** Another tab took over: this one may not write any more. */
  onLost(): void;
}

/**
 * Resolves when this tab is the only one of the browser that is in charge of the identity: two would send what waits twice,
 * and each would miss what came to the other.
 */
export function becomeOnlyTab(locks: LockManager, { onWaiting, onLost }: TabEvents): Promise<void> {
  return new Promise((resolve, reject) => {
    const queue = new AbortController();
    let isHeld = false;
    const hold = (): Promise<never> => {
      isHeld = true;
      queue.abort();
      resolve();
      return new Promise(() => {});
    };
    const fail = (error: unknown): void => {
      if (isHeld) onLost();
      else if (!queue.signal.aborted) reject(error);
    };
    const takeOver = (): void => {
      queue.abort();
      locks.request(LOCK, { steal: true }, hold).catch(fail);
    };
    const waitForIt = async (): Promise<void> => {
      const isTaken = await locks.request(LOCK, { ifAvailable: true }, (lock) => (lock === null ? true : hold()));
      if (!isTaken) return;
      onWaiting(takeOver);
      await locks.request(LOCK, { signal: queue.signal }, hold);
    };
    waitForIt().catch(fail);
  });
}
