import { useState } from 'preact/hooks';
import { fetchIsPaired, finishFirstRun, rename, type Status } from '../api.js';
import { useAttempt } from '../attempt.js';
import { messageOf, Problem } from '../parts.js';
import { usePolled } from '../polling.js';
import { Findings, useChecks } from './checks.js';

/** What belongs to a new place: where messages are kept, and by what devices come. */
const GROUPS: readonly string[] = ['Data folder', 'Radios and lines', 'Clock'];

/** Of a gateway that is new: a name, what was found on its machine, and how the first phone comes in. */
export function FirstRun({ status, onFinished }: { status: Status; onFinished: () => void }) {
  const [problem, setProblem] = useState('');
  const finish = async (): Promise<void> => {
    try {
      await finishFirstRun();
      onFinished();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <>
      <p>This gateway is new. Three steps, in any order; all of it can be changed later.</p>
      <Name name={status.name} />
      <Found />
      <Pair />
      {problem !== '' && <Problem>{problem}</Problem>}
      <button type="button" class="primary" onClick={() => void finish()}>
        Finish the first run
      </button>
    </>
  );
}

function Name({ name }: { name: string }) {
  const [typed, setTyped] = useState<string>();
  const [said, setSaid] = useState('');
  const [problem, attempt] = useAttempt();
  const save = async (): Promise<void> => {
    setSaid('');
    await attempt(async () => {
      await rename(typed ?? name);
      setSaid('Saved.');
    });
  };
  return (
    <section aria-labelledby="name-heading">
      <h2 id="name-heading">1. Give it a name</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <label for="name">What people call this gateway, such as where it stands</label>
        <input
          id="name"
          class="field"
          value={typed ?? name}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          required
          maxLength={60}
        />
        <div class="actions">
          <button type="submit">Save the name</button>
          <span role="status">{said}</span>
        </div>
      </form>
      <div role="alert">{problem !== '' && <Problem>{problem}</Problem>}</div>
    </section>
  );
}

function Found() {
  const { groups, problem, isBusy, look } = useChecks();
  return (
    <section aria-labelledby="found">
      <h2 id="found">2. Look at what was found</h2>
      <p role="status">{isBusy && 'Looking …'}</p>
      {problem !== '' && <Problem>{problem}</Problem>}
      {groups
        ?.filter(({ group }) => GROUPS.includes(group))
        .map(({ group, findings }) => (
          <div key={group}>
            <h3>{group}</h3>
            <Findings findings={findings} />
          </div>
        ))}
      <div class="actions">
        <button type="button" onClick={look} disabled={isBusy}>
          Look again
        </button>
        <a href="#/checks">All checks</a>
      </div>
    </section>
  );
}

function Pair() {
  const { value: isPaired } = usePolled(fetchIsPaired);
  return (
    <section aria-labelledby="pair">
      <h2 id="pair">3. Pair the first phone</h2>
      <p role="status">
        {isPaired === true ? (
          <>
            <span class="tag ok">paired</span> Somebody uses this gateway already.
          </>
        ) : (
          'Nobody uses this gateway yet.'
        )}
      </p>
      <p>
        <a href="#/pairing">Show an invitation as a QR code</a>, and scan it with an app that speaks DIDComm v2, where
        it says “add mediator”.
      </p>
    </section>
  );
}
