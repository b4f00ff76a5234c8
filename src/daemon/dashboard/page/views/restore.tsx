import { useRef, useState } from 'preact/hooks';
import { countOf, showSize } from '../../../measures.js';
import {
  cancelRestore,
  checkRestore,
  confirmRestore,
  fetchRestore,
  type RestoreState,
  type Status,
  uploadPiece,
} from '../api.js';
import { type Attempt, useAttempt } from '../attempt.js';
import { Did, Problem } from '../parts.js';
import { usePolled } from '../polling.js';

const PIECE_BYTES = 128 * 1024;

/** Brings a backup, which takes the place of what is here when the gateway is started the next time. */
export function Restore({ status }: { status: Status }) {
  const { value: restore } = usePolled(fetchRestore);
  const [said, setSaid] = useState('');
  const [problem, tryTo] = useAttempt();
  const attempt: Attempt = async (work) => {
    await tryTo(work);
    setSaid('');
  };
  const bring = async (file: File, passphrase: string): Promise<void> => {
    for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
      setSaid(`${showSize(offset)} of ${showSize(file.size)} …`);
      await uploadPiece(file.slice(offset, offset + PIECE_BYTES), offset, file.size);
    }
    await checkRestore(passphrase === '' ? undefined : passphrase);
  };
  return (
    <section aria-labelledby="restore">
      <h2 id="restore">Restore</h2>
      <p>
        A backup takes the place of the keys, the configuration and the messages here, when the gateway is started the
        next time. What is here now is put aside in its data folder, not deleted.
      </p>
      {restore?.state === 'confirmed' ? (
        <Problem fix="restart the gateway: sudo systemctl restart waypost">
          The next start restores. {restore.aside !== null && <>What is here goes to {restore.aside}.</>}
        </Problem>
      ) : (
        <Choose onChosen={(file, passphrase) => void attempt(() => bring(file, passphrase))} />
      )}
      <p role="status">
        {said}
        {restore?.state === 'checking' && 'It is unpacked and verified …'}
        {restore?.state === 'staged' && 'The backup is whole.'}
      </p>
      <div role="alert">
        {problem !== '' && <Problem>{problem}</Problem>}
        {restore?.state === 'failed' && <Problem>{restore.message}</Problem>}
      </div>
      {restore?.state === 'staged' && <Staged restore={restore} status={status} attempt={attempt} />}
      {restore?.state === 'confirmed' && (
        <button type="button" onClick={() => void attempt(cancelRestore)}>
          Cancel the restore
        </button>
      )}
    </section>
  );
}

function Choose({ onChosen }: { onChosen: (file: File, passphrase: string) => void }) {
  const [file, setFile] = useState<File>();
  const [passphrase, setPassphrase] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (file !== undefined) onChosen(file, passphrase);
        setPassphrase('');
      }}
    >
      <label for="backup-file">The backup</label>
      <input
        id="backup-file"
        class="field"
        type="file"
        required
        onChange={({ currentTarget }) => setFile(currentTarget.files?.[0])}
      />
      <label for="backup-passphrase">Its passphrase</label>
      <input
        id="backup-passphrase"
        class="field"
        type="password"
        autocomplete="off"
        value={passphrase}
        onInput={({ currentTarget }) => setPassphrase(currentTarget.value)}
      />
      <button type="submit">Bring it and look at it</button>
    </form>
  );
}

interface StagedProps {
  readonly restore: Extract<RestoreState, { state: 'staged' }>;
  readonly status: Status;
  readonly attempt: Attempt;
}

function Staged({ restore: { did }, status: { did: ownDid, store }, attempt }: StagedProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const confirm = async (): Promise<void> => {
    dialog.current?.close();
    await attempt(confirmRestore);
  };
  return (
    <>
      <p>
        {did === ownDid ? 'It is of this gateway: ' : 'It is of ANOTHER gateway: '}
        <Did did={did} />
      </p>
      <div class="actions">
        <button type="button" class="danger" onClick={() => dialog.current?.showModal()}>
          Restore it …
        </button>
        <button type="button" onClick={() => void attempt(cancelRestore)}>
          Do not restore it
        </button>
      </div>
      <dialog ref={dialog} aria-labelledby="restore-question">
        <h3 id="restore-question">Restore at the next start?</h3>
        <p>
          {did === ownDid
            ? 'The keys stay the same.'
            : 'This gateway will be another one: its clients no longer find it.'}{' '}
          Waiting here now: {countOf(store.messages, 'message')}. They will not be sent from here any more: they are put
          aside, and can be carried from there (docs/dashboard.md says how). Better export them first, or let them be
          fetched.
        </p>
        <p>The machine that the backup is of must not run as a gateway any more.</p>
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Keep what is here
          </button>
          <button type="button" class="danger" onClick={() => void confirm()}>
            Restore at the next start
          </button>
        </div>
      </dialog>
    </>
  );
}
