import { useState } from 'preact/hooks';
import type { Camera } from '../media/camera.js';
import { InvitationField } from './invitation-field.js';
import { Problem } from './parts.js';
import { useAction } from './view.js';

interface SetupProps {
  /** Came with the address of the page; empty when none did. */
  readonly invitation: string;
  readonly camera: Camera;
  onSetup(name: string, invitation: string): Promise<void>;
}

/** The first visit: a name, and the invitation of the gateway. */
export function Setup({ invitation: given, camera, onSetup }: SetupProps) {
  const [name, setName] = useState('');
  const [invitation, setInvitation] = useState(given);
  const [problem, run] = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    run(() => onSetup(name.trim(), invitation));
  };
  return (
    <main>
      <h1>Messages through this gateway</h1>
      <p>
        Your keys are made here and stay in this browser. The gateway keeps messages for you while you are away, and
        cannot read them.
      </p>
      <form onSubmit={submit}>
        <label>
          Your name, as others will see it
          <input required maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <InvitationField label="Invitation of the gateway" camera={camera} value={invitation} onValue={setInvitation} />
        <button type="submit">Begin</button>
      </form>
      <Problem text={problem} />
    </main>
  );
}
