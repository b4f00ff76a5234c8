import type { Ability } from '../abilities.js';
import type { Connection } from '../agent/web-peer.js';
import type { Contact, OutgoingMessage } from '../storage/records.js';

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
  delivered: 'delivered to their device',
  refused: 'not sent',
} as const;

export function stateText({ state, problem, shownAtMs }: OutgoingMessage): string {
  if (state === 'waiting' && shownAtMs !== undefined) {
    return `${STATE.waiting}, shown to a camera ${new Date(shownAtMs).toLocaleTimeString()}`;
  }
  return problem === undefined ? STATE[state] : `${STATE[state]}: ${problem}`;
}

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
