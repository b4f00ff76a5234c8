import { useState } from 'preact/hooks';
import type { WebPeer } from '../agent/web-peer.js';
import type { Camera } from '../media/camera.js';
import type { Contact } from '../storage/records.js';
import { CodeOf } from './codes.js';
import { InvitationField } from './invitation-field.js';
import { nameOf, Problem } from './parts.js';
import { useAction } from './view.js';

interface ContactsProps {
  readonly peer: WebPeer;
  readonly camera: Camera;
  readonly contacts: readonly Contact[];
  /** What to give to others; undefined until the gateway takes messages for it. */
  readonly ownInvitation: string | undefined;
  /** Of a person, with the address of the page; empty when none came. */
  readonly invitation: string;
  onOpen(contact: Contact): void;
}

/** Everybody there is to write to, and the two ways to get to know somebody. */
export function Contacts({ peer, camera, contacts, ownInvitation, invitation, onOpen }: ContactsProps) {
  return (
    <>
      <h2>Contacts</h2>
      <ul>
        {contacts.map((contact) => (
          <li key={contact.did}>
            <button type="button" class="contact" onClick={() => onOpen(contact)}>
              {nameOf(contact)}
              {contact.isAccepted ? '' : ' (new, not accepted)'}
            </button>
          </li>
        ))}
      </ul>
      <AddContact peer={peer} camera={camera} invitation={invitation} onAdded={onOpen} />
      <OwnInvitation invitation={ownInvitation} />
    </>
  );
}

interface AddContactProps {
  readonly peer: WebPeer;
  readonly camera: Camera;
  readonly invitation: string;
  onAdded(contact: Contact): void;
}

function AddContact({ peer, camera, invitation: given, onAdded }: AddContactProps) {
  const [invitation, setInvitation] = useState(given);
  const [name, setName] = useState('');
  const [problem, run] = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    run(async () => onAdded(await peer.addContact(invitation, name.trim())));
  };
  return (
    <section>
      <h2>Add somebody</h2>
      <form onSubmit={submit}>
        <InvitationField label="Their invitation" camera={camera} value={invitation} onValue={setInvitation} />
        <label>
          What you call them, if not by their own name
          <input maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <button type="submit">Add</button>
      </form>
      <Problem text={problem} />
    </section>
  );
}

function OwnInvitation({ invitation }: { readonly invitation: string | undefined }) {
  return (
    <section>
      <h2>Your invitation</h2>
      {invitation === undefined ? (
        <p>It is ready when the gateway was reached for the first time.</p>
      ) : (
        <>
          <p>Whoever scans this code can write to you.</p>
          <CodeOf text={invitation} label="QR code of your invitation" />
          <details>
            <summary>As an address, to open in a browser here or to paste</summary>
            <p class="invitation" data-testid="own-invitation">
              {invitation}
            </p>
          </details>
        </>
      )}
    </section>
  );
}
