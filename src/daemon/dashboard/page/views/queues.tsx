import { useRef, useState } from 'preact/hooks';
import { countOf, showDuration, showSize } from '../../../measures.js';
import { fetchMessages, fetchQueues, fetchWhy, purge, type Queue, type Status, type Why } from '../api.js';
import { Download } from '../download.js';
import { Did, messageOf, Problem } from '../parts.js';
import { usePolled } from '../polling.js';
import { Refused } from './refused.js';

const MAX_QUEUES = 100;
const MAX_MESSAGES = 20;

/** For whom something waits, why, and how to be rid of it. */
export function Queues({ status }: { status: Status }) {
  const { value: queues, error } = usePolled(() => fetchQueues(MAX_QUEUES));
  const [said, setSaid] = useState('');
  if (queues === undefined) return error === undefined ? <p>Asking …</p> : <Problem>{error.message}</Problem>;
  return (
    <>
      <p role="status">
        {said}{' '}
        {queues.length === 0 ? 'Nothing waits.' : `Something waits for ${countOf(queues.length, 'destination')}.`}
        {queues.length === MAX_QUEUES && ' There may be more: waypost queue ls'}
      </p>
      <ul class="cards">
        {queues.map((queue) => (
          <li key={queue.destination}>
            <QueueCard queue={queue} onPurged={setSaid} />
          </li>
        ))}
      </ul>
      <Refused status={status} />
    </>
  );
}

function QueueCard({ queue, onPurged }: { queue: Queue; onPurged: (said: string) => void }) {
  const { destination, messages, bytes, oldestAgeMs } = queue;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <h2>
        <Did did={destination} />
      </h2>
      <p>
        {countOf(messages, 'message')}, {showSize(bytes)}, the oldest for {showDuration(oldestAgeMs ?? 0)}
      </p>
      <div class="actions">
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide messages' : 'Show messages'}
        </button>
        <Purge queue={queue} onPurged={onPurged} />
      </div>
      {isOpen && <Messages destination={destination} />}
    </>
  );
}

function Messages({ destination }: { destination: string }) {
  const { value: messages, error } = usePolled(() => listWithReason(destination), destination);
  if (messages === undefined) return error === undefined ? <p>Asking …</p> : <Problem>{error.message}</Problem>;
  return (
    <>
      <ul class="plain">
        {messages.list.map(({ id, bytes, ageMs, priority }, index) => (
          <li key={id}>
            <code>{id}</code>: {showSize(bytes)}, for {showDuration(ageMs)}, {priority}{' '}
            <Download destination={destination} id={id} after={messages.list[index - 1]?.id} />
          </li>
        ))}
      </ul>
      <p>
        To carry a message by hand, download it, and take the file to another gateway or to its recipient:{' '}
        <code>waypost import FILE</code>. It stays here until its acknowledgement is back. Everything at once, on a
        stick or as QR codes: <a href="#/carry">Carry</a>
      </p>
      {messages.why !== null && <Reason why={messages.why} />}
    </>
  );
}

/** A queue leaves in its order, so what keeps its first message keeps the others. */
async function listWithReason(destination: string) {
  const list = await fetchMessages(destination, MAX_MESSAGES);
  const first = list[0];
  return { list, why: first === undefined ? null : await fetchWhy(first.id) };
}

function Reason({ why: { progress } }: { why: Why }) {
  if (progress === null) {
    return <p>Why: it is deleted when its recipient fetches and acknowledges it. The recipient must come back.</p>;
  }
  if (progress.state === 'sending') return <p>Why: it is being sent right now.</p>;
  const { failures, lastError, nextTryInMs } = progress;
  const next = nextTryInMs === null ? '' : ` The next try is in ${showDuration(nextTryInMs)}.`;
  if (lastError === null) return <p>Why: its next hop is not reached yet.{next}</p>;
  return (
    <Problem fix="waypost check: is there a network, and does the upstream answer? Or carry it on a stick">
      Why: tried {failures} times; the last error: {lastError}.{next}
    </Problem>
  );
}

function Purge({ queue: { destination, messages }, onPurged }: { queue: Queue; onPurged: (said: string) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState('');
  const confirm = async (): Promise<void> => {
    try {
      const { purged } = await purge(destination);
      dialog.current?.close();
      onPurged(`${countOf(purged, 'message')} deleted.`);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => dialog.current?.showModal()}>
        Purge …
      </button>
      <dialog ref={dialog} aria-labelledby={`purge-${destination}`}>
        <h3 id={`purge-${destination}`}>Delete what waits here?</h3>
        <p>
          {countOf(messages, 'message')} for <code class="whole">{destination}</code> will be gone. Nobody can bring
          them back, and their senders are not told.
        </p>
        <p role="alert" class={problem === '' ? undefined : 'problem'}>
          {problem}
        </p>
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Keep them
          </button>
          <button type="button" class="danger" onClick={() => void confirm()}>
            Delete them
          </button>
        </div>
      </dialog>
    </>
  );
}
