import { useState } from 'preact/hooks';
import { fetchLog, type LogLine } from '../api.js';
import { Problem } from '../parts.js';
import { usePolled } from '../polling.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const LABELS: Readonly<Record<LogLine['level'], string>> = {
  debug: 'everything',
  info: 'what happens',
  warn: 'warnings and errors',
  error: 'errors only',
};

/** The last lines of the log, the newest first, from a level on. */
export function Log() {
  const { value: lines, error } = usePolled(fetchLog);
  const [least, setLeast] = useState<LogLine['level']>('info');
  if (lines === undefined) return error === undefined ? <p>Asking …</p> : <Problem>{error.message}</Problem>;
  const shown = lines.filter(({ level }) => LEVELS.indexOf(level) >= LEVELS.indexOf(least)).reverse();
  return (
    <>
      <label>
        Show{' '}
        <select value={least} onChange={({ currentTarget }) => setLeast(LEVELS[currentTarget.selectedIndex] ?? 'info')}>
          {LEVELS.map((level) => (
            <option key={level} value={level}>
              {LABELS[level]}
            </option>
          ))}
        </select>
      </label>
      <p role="status">{shown.length === 0 ? 'Nothing like that was logged since the start.' : ''}</p>
      {shown.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <section class="log" aria-label="Last lines, the newest first" tabIndex={0}>
          <ol class="plain">
            {shown.map(({ level, text }, index) => (
              <li key={index} class={`line ${level}`}>
                <code>{text}</code>
              </li>
            ))}
          </ol>
        </section>
      )}
    </>
  );
}
