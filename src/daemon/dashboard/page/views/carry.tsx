import { useState } from 'preact/hooks';
import { showSize } from '../../../measures.js';
import { exportTo, fetchSticks, importFrom } from '../api.js';
import type { Animation } from '../codes.js';
import { messageOf, Problem } from '../parts.js';
import { usePolled } from '../polling.js';
import { QrPlayer } from '../qr-player.js';
import { Outcome } from './carry-outcome.js';
import { Upload } from './upload.js';

/** Messages that travel by hand: on a stick, as QR codes, as files. */
export function Carry() {
  const [isForAnybody, setForAnybody] = useState(false);
  return (
    <>
      <p>
        What is carried away stays here too, until its acknowledgement is back. So it may be exported as often as one
        likes, and to several places.
      </p>
      <label class="choice">
        <input type="checkbox" checked={isForAnybody} onChange={() => setForAnybody(!isForAnybody)} /> When importing,
        take also what is for others who can be reached from here
      </label>
      <Sticks isForAnybody={isForAnybody} />
      <Codes />
      <Upload isForAnybody={isForAnybody} />
    </>
  );
}

function Sticks({ isForAnybody }: { isForAnybody: boolean }) {
  const { value, error } = usePolled(fetchSticks);
  const [problem, setProblem] = useState('');
  const begin = async (work: Promise<unknown>): Promise<void> => {
    setProblem('');
    await work.catch((cause: unknown) => setProblem(messageOf(cause)));
  };
  const isBusy = value?.last?.state === 'running';
  return (
    <section aria-labelledby="sticks">
      <h2 id="sticks">Sticks</h2>
      {value === undefined && (error === undefined ? <p>Asking …</p> : <Problem>{error.message}</Problem>)}
      {value?.sticks.length === 0 && (
        <Problem fix="stickFolders in the configuration, such as /media/pi; or waypost export --to FOLDER">
          No stick is found. It must be mounted below a folder that the configuration names.
        </Problem>
      )}
      <ul class="plain">
        {value?.sticks.map(({ folder, freeBytes }) => (
          <li key={folder}>
            <code>{folder}</code>
            {freeBytes !== null && `, ${showSize(freeBytes)} free`}
            <div class="actions">
              <button
                type="button"
                disabled={isBusy}
                aria-label={`Export to ${folder}`}
                onClick={() => void begin(exportTo(folder))}
              >
                Export
              </button>
              <button
                type="button"
                disabled={isBusy}
                aria-label={`Import from ${folder}`}
                onClick={() => void begin(importFrom(folder, isForAnybody))}
              >
                Import
              </button>
            </div>
          </li>
        ))}
      </ul>
      <div role="alert">{problem !== '' && <Problem>{problem}</Problem>}</div>
      {value?.last != null && <Outcome carried={value.last} />}
    </section>
  );
}

function Codes() {
  const [animation, setAnimation] = useState<Animation>();
  const [said, setSaid] = useState('');
  const show = async (): Promise<void> => {
    try {
      const { createAnimation } = await import('../codes.js');
      const made = await createAnimation(undefined);
      setAnimation(made);
      setSaid(made === undefined ? 'Nothing waits.' : '');
    } catch (error) {
      setSaid(messageOf(error));
    }
  };
  return (
    <section aria-labelledby="codes">
      <h2 id="codes">QR codes</h2>
      {animation === undefined ? (
        <button type="button" onClick={() => void show()}>
          Show everything that waits
        </button>
      ) : (
        <QrPlayer animation={animation} onStop={() => setAnimation(undefined)} />
      )}
      <p role="status">{said}</p>
    </section>
  );
}
