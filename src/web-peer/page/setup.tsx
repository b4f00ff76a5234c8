import { useState } from 'preact/hooks';
import { Problem } from './parts.js';
import { useAction } from './view.js';

interface SetupProps {
  /** Came with the address of the page; empty when none did. */
  readonly invitation: string;
  onSetup(name: string, invitation: string): Promise<void>;
}

/** The first visit: a name, and the invitation of the gateway. */
export function Setup({ invitation: given, onSetup }: SetupProps) {
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
        <label>
          Invitation of the gateway
          <textarea
            required
            rows={4}
            value={invitation}
            onInput={(event) => setInvitation(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Begin</button>
      </form>
      <Problem text={problem} />
    </main>
  );
}
