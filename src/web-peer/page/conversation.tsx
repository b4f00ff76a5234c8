import { useState } from 'preact/hooks';
import type { WebPeer } from '../agent/web-peer.js';
import type { ChatMessage, Contact, Picture } from '../storage/records.js';
import { EvidenceOf, nameOf, Problem, stateText } from './parts.js';
import { PictureField, PicturesOf } from './pictures.js';
import { useAction } from './view.js';

interface ConversationProps {
  readonly peer: WebPeer;
  readonly contact: Contact;
  readonly messages: readonly ChatMessage[];
  onBack(): void;
}

/** What was written to and by one contact. */
export function Conversation({ peer, contact, messages, onBack }: ConversationProps) {
  const [problem, run] = useAction();
  const remove = (): void => {
    run(async () => {
      await peer.removeContact(contact);
      onBack();
    });
  };
  return (
    <section>
      <button type="button" onClick={onBack}>
        Back to contacts
      </button>
      <h2>{nameOf(contact)}</h2>
      {contact.isAccepted ? null : <Accept peer={peer} contact={contact} />}
      <ol aria-label="Messages" aria-live="polite">
        {messages.map((message) => (
          <li key={`${message.direction} ${message.id}`} class={`message ${message.direction}`}>
            {message.text}
            <PicturesOf message={message} from={message.direction === 'in' ? `from ${nameOf(contact)}` : 'from you'} />
            <small>
              {new Date(message.atMs).toLocaleString()}
              {message.direction === 'out' ? ` · ${stateText(message)}` : ''}
            </small>
            {message.direction === 'out' ? <EvidenceOf message={message} /> : null}
          </li>
        ))}
      </ol>
      <Compose peer={peer} contact={contact} />
      <button type="button" onClick={remove}>
        Delete this contact and conversation
      </button>
      <Problem text={problem} />
    </section>
  );
}

function Accept({ peer, contact }: { readonly peer: WebPeer; readonly contact: Contact }) {
  const [name, setName] = useState('');
  const [problem, run] = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    run(() => peer.acceptContact(contact, name.trim()));
  };
  return (
    <form onSubmit={submit}>
      <p>You did not invite this contact. It does not learn that its messages came here until you accept it.</p>
      <label>
        What you call it
        <input required maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <button type="submit">Accept</button>
      <Problem text={problem} />
    </form>
  );
}

function Compose({ peer, contact }: { readonly peer: WebPeer; readonly contact: Contact }) {
  const [text, setText] = useState('');
  const [picture, setPicture] = useState<Picture>();
  const [problem, run] = useAction();
  const choose = (scaling: Promise<Picture> | undefined): void => {
    setPicture(undefined);
    run(async () => setPicture(await scaling));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      await peer.send(contact, text, picture === undefined ? [] : [picture]);
      setText('');
      setPicture(undefined);
    });
  };
  return (
    <form onSubmit={submit}>
      <label>
        Message
        <textarea
          required={picture === undefined}
          rows={3}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <PictureField picture={picture} onPicture={choose} />
      <button type="submit">Send</button>
      <Problem text={problem} />
    </form>
  );
}
