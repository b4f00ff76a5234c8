import { fetchLog } from '../api.js';
import { Problem } from '../parts.js';
import { usePolled } from '../polling.js';

/** The last lines of the log, the newest first. */
export function Log() {
  const { value: lines, error } = usePolled(fetchLog);
  if (lines === undefined) return error === undefined ? <p>Asking …</p> : <Problem>{error.message}</Problem>;
  if (lines.length === 0) return <p>Nothing was logged since the start.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section class="log" aria-label="Last lines, the newest first" tabIndex={0}>
      <pre>{[...lines].reverse().join('\n')}</pre>
    </section>
  );
}
