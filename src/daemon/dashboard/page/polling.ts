import { useEffect, useState } from 'preact/hooks';
import { ApiError } from './api.js';

/** What is known of something that is asked for again and again: the last answer stays while a later question fails. */
export interface Polled<T> {
  readonly value: T | undefined;
  readonly error: ApiError | undefined;
}

const EVERY_MS = 2000;
const MAX_MS = 30_000;

/**
 * Asks every two seconds; after failures less and less often, down to twice a minute. A page that nobody sees asks nothing.
 * `key`: when it changes, what was known is forgotten and it begins anew.
 */
export function usePolled<T>(ask: () => Promise<T>, key = ''): Polled<T> {
  const [state, setState] = useState<Polled<T> & { readonly key: string }>({ value: undefined, error: undefined, key });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waitMs = EVERY_MS;
    const round = async (): Promise<void> => {
      timer = undefined;
      if (document.hidden) return;
      try {
        const value = await ask();
        waitMs = EVERY_MS;
        if (!isOver) setState({ value, error: undefined, key });
      } catch (cause) {
        const error = cause instanceof ApiError ? cause : new ApiError('away', String(cause));
        waitMs = Math.min(MAX_MS, waitMs * 2);
        if (!isOver) setState((known) => ({ value: known.key === key ? known.value : undefined, error, key }));
      }
      if (!isOver) timer = setTimeout(round, waitMs);
    };
    const onVisible = (): void => {
      if (document.hidden) return;
      clearTimeout(timer);
      waitMs = EVERY_MS;
      void round();
    };
    document.addEventListener('visibilitychange', onVisible);
    void round();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [key]);
  return state.key === key ? state : { value: undefined, error: undefined };
}
