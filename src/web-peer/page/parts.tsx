import type { Ability } from '../abilities.js';
import type { Connection } from '../agent/web-peer.js';
import type { Contact, Evidence, OutgoingMessage } from '../storage/records.js';

/** Nothing while there is no problem. */
export function Problem({ text }: { readonly text: string }) {
  return text === '' ? null : (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}

const CONNECTION = {
  connecting: 'Looking for the gateway. What you write waits here.',
  network: 'Connected to the gateway.',
  bluetooth: 'Connected to the gateway by Bluetooth.',
} as const;

export function ConnectionLine({ connection }: { readonly connection: Connection }) {
  return <p role="status">{connectionText(connection)}</p>;
}

function connectionText(connection: Connection): string {
  if (connection.state === 'stopped') return connection.problem;
  return CONNECTION[connection.state === 'live' ? connection.by : connection.state];
}

/** No more than is known. */
const STATE = {
  waiting: 'waiting here',
  held: 'held by the gateway',
  'handed-on': 'handed on',
  delivered: 'delivered to their device',
  refused: 'not sent',
} as const;

export function stateText({ state, problem, shownAtMs, evidence, contact }: OutgoingMessage): string {
  if (state === 'waiting' && shownAtMs !== undefined) {
    return `${STATE.waiting}, shown to a camera ${new Date(shownAtMs).toLocaleTimeString()}`;
  }
  if (state === 'handed-on') return `${STATE[state]}${nextText(evidence, contact)}`;
  return problem === undefined ? STATE[state] : `${STATE[state]}: ${problem}`;
}

function nextText(evidence: Evidence | undefined, contact: string): string {
  if (evidence?.to === undefined) return '';
  return evidence.to === contact ? ' to their address' : ` to the next mediator (…${evidence.to.slice(-8)})`;
}

/** What the gateway signed about a message, for whoever wants to see or keep it. Nothing where there is nothing. */
export function EvidenceOf({ message: { evidence } }: { readonly message: Pick<OutgoingMessage, 'evidence'> }) {
  return evidence === undefined ? null : (
    <details>
      <summary>Evidence</summary>
      <p>
        Signed by the gateway: {EVIDENCE[evidence.state]} since {new Date(evidence.sinceMs).toLocaleString()}
        {evidence.to === undefined ? '' : `, to ${evidence.to}`}.
      </p>
      <code>{evidence.proof}</code>
    </details>
  );
}

const EVIDENCE = { held: 'on its disk', 'handed-on': 'handed on', dropped: 'given up' } as const;

/** The end of a DID differs most. */
export function nameOf({ name, did }: Contact): string {
  return name === '' ? `Unknown …${did.slice(-8)}` : name;
}

export function Abilities({ abilities }: { readonly abilities: readonly Ability[] }) {
  return (
    <details>
      <summary>What this browser can do</summary>
      <ul>
        {abilities.map(({ name, isThere, advice }) => (
          <li key={name}>
            <strong>
              {name}: {isThere ? 'yes' : 'no'}
            </strong>
            <br />
            {advice}
          </li>
        ))}
      </ul>
    </details>
  );
}
