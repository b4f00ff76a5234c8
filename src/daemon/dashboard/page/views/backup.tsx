import { useState } from 'preact/hooks';
import { showSize } from '../../../measures.js';
import { fetchBackup, fetchBackupFile, makeBackup, removeBackup, type Status } from '../api.js';
import { useAttempt } from '../attempt.js';
import { Problem } from '../parts.js';
import { usePolled } from '../polling.js';
import { save } from '../save.js';
import { Restore } from './restore.js';

const MIN_PASSPHRASE_CHARS = 10;

/** One file with everything: away with it, and back. */
export function Backup({ status }: { status: Status }) {
  return (
    <>
      <Make name={status.name} />
      <Restore status={status} />
    </>
  );
}

function Make({ name }: { name: string }) {
  const { value: backup } = usePolled(fetchBackup);
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [problem, attempt] = useAttempt();
  const make = async (): Promise<void> => {
    if (passphrase !== again) throw new Error('The two passphrases are not the same.');
    await makeBackup(passphrase);
    setPassphrase('');
    setAgain('');
  };
  const download = async (): Promise<void> => {
    const content = await fetchBackupFile();
    save(`${name.replaceAll(/[^\w-]+/g, '-')}-${new Date().toISOString().slice(0, 10)}.backup`, content);
    await removeBackup();
  };
  return (
    <section aria-labelledby="backup">
      <h2 id="backup">Backup</h2>
      <p>
        One file with the keys, the configuration and the messages, encrypted with a passphrase. Whoever has both can be
        this gateway: keep them apart. Without the passphrase nobody can restore it.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(make);
        }}
      >
        <label for="passphrase">Passphrase, at least {MIN_PASSPHRASE_CHARS} characters</label>
        <input
          id="passphrase"
          class="field"
          type="password"
          autocomplete="new-password"
          minLength={MIN_PASSPHRASE_CHARS}
          required
          value={passphrase}
          onInput={({ currentTarget }) => setPassphrase(currentTarget.value)}
        />
        <label for="again">The same again</label>
        <input
          id="again"
          class="field"
          type="password"
          autocomplete="new-password"
          required
          value={again}
          onInput={({ currentTarget }) => setAgain(currentTarget.value)}
        />
        <button type="submit" disabled={backup?.state === 'making'}>
          Make a backup
        </button>
      </form>
      <p role="status">
        {backup?.state === 'making' && 'It is being made …'}
        {backup?.state === 'ready' && `It is ready for 15 minutes: ${showSize(backup.bytes)}.`}
      </p>
      {backup?.state === 'ready' && (
        <button type="button" class="primary" onClick={() => void attempt(download)}>
          Download the backup
        </button>
      )}
      <div role="alert">
        {problem !== '' && <Problem>{problem}</Problem>}
        {backup?.state === 'failed' && <Problem>{backup.message}</Problem>}
      </div>
    </section>
  );
}
