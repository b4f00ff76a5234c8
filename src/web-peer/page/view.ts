import { useEffect, useState } from 'preact/hooks';
import { isWaypostError } from '../../core/errors.js';

/** Loads what is shown, and again whenever `changes` or `key` differ. Undefined until it is there for the first time. */
export function useLoaded<T>(load: () => Promise<T>, changes: number, key = ''): T | undefined {
  const [loaded, setLoaded] = useState<{ readonly key: string; readonly value: T }>();
  useEffect(() => {
    let isCurrent = true;
    void load().then((value) => {
      if (isCurrent) setLoaded({ key, value });
    });
    return () => {
      isCurrent = false;
    };
  }, [changes, key]);
  return loaded?.key === key ? loaded.value : undefined;
}

/** An action of a button, and what to show when it went wrong. */
export function useAction(): [problem: string, run: (action: () => Promise<unknown>) => void] {
  const [problem, setProblem] = useState('');
  const run = (action: () => Promise<unknown>): void => {
    setProblem('');
    action().catch((error: unknown) => setProblem(isWaypostError(error) ? error.message : String(error)));
  };
  return [problem, run];
}
