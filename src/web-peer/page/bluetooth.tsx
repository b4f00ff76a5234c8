import type { BluetoothState } from '../media/bluetooth.js';
import { Problem } from './parts.js';
import { useAction } from './view.js';

interface BluetoothProps {
  readonly state: BluetoothState;
  /** Asks who is meant, and connects. */
  onChoose(): Promise<void>;
}

const TEXT = {
  missing: 'This browser has no Bluetooth for pages.',
  unchosen: 'Choose the gateway once; it is then used whenever the network does not lead to it.',
  chosen: 'The gateway was chosen. It is connected to when the network does not lead to it.',
  connecting: 'Connecting by Bluetooth …',
  connected: 'Connected by Bluetooth.',
} as const;

/** How to reach a gateway that is near when there is no network. */
export function BluetoothPanel({ state, onChoose }: BluetoothProps) {
  const [problem, run] = useAction();
  if (state.state === 'missing') return null;
  const isIdle = state.state === 'unchosen' || state.state === 'chosen';
  return (
    <section>
      <h2>Bluetooth</h2>
      <p role="status">{TEXT[state.state]}</p>
      {isIdle ? (
        <button type="button" onClick={() => run(onChoose)}>
          {state.state === 'unchosen' ? 'Connect by Bluetooth' : 'Choose again'}
        </button>
      ) : null}
      <Problem text={problem || (state.state === 'chosen' ? state.problem : '')} />
    </section>
  );
}
