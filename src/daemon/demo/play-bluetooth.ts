import { setTimeout as sleep } from 'node:timers/promises';
import { WaypostError } from '../../core/errors.js';
import type { RunningGateway } from '../run/running-gateway.js';
import { type BluetoothPhone, startPhone } from './bluetooth-phone.js';
import { notAsTold } from './not-as-told.js';
import type { Stage } from './stage.js';

const LOOK_EVERY_MS = 10;

/** Two people near the gateway, one after the other, who have no network. */
export async function playBluetooth(
  say: (line: string) => void,
  { radio, gatewayDid, running }: Stage,
  signal: AbortSignal,
): Promise<void> {
  if (radio === undefined) {
    say('\nPhones near the gateway could use it by Bluetooth, also without any network. That cannot be shown here:');
    say('  the packages for it are missing: npm install --ignore-scripts @stoprocent/noble @stoprocent/bleno');
    return;
  }
  say('\nCleo and Dora have no network at all, only Bluetooth. They are never near the gateway at the same time.');
  say('  (The radio is simulated; the packages that use it are those that use a real one.)');
  await using dora = await startPhone({ radio, name: 'dora', gatewayDid, signal });
  say('Dora passes by: her phone finds the gateway and registers. She leaves.');
  dora.leave();
  await using cleo = await startPhone({ radio, name: 'cleo', gatewayDid, signal });
  const tookMs = await cleo.send(dora.did, 'The boat leaves at six.');
  say(`Cleo passes by and sends Dora: "The boat leaves at six." The gateway has it after ${tookMs} ms. She leaves.`);
  cleo.leave();

  dora.comeBack();
  say(`Dora comes back.\n  Dora reads: "${await nextText(dora, cleo)}", proven to be from Cleo.`);
  await dora.send(cleo.did, 'Wait for me.');
  say('She answers: "Wait for me.", and leaves.');
  dora.leave();
  cleo.comeBack();
  say(`Cleo comes back.\n  Cleo reads: "${await nextText(cleo, dora)}", proven to be from Dora.`);
  await emptied(running, signal);
}

/** Phones acknowledge what they show, and stay until the gateway knows it. */
async function emptied({ gateway }: RunningGateway, signal: AbortSignal): Promise<void> {
  while ((await gateway.status()).store.messages > 0) {
    if (signal.aborted) throw new WaypostError('ERR_NETWORK', 'a message of the demo was not acknowledged');
    await sleep(LOOK_EVERY_MS);
  }
}

/** The next text that comes, which must be proven to be from `sender`. */
async function nextText(phone: BluetoothPhone, sender: BluetoothPhone): Promise<string> {
  const { content, from } = await phone.receive();
  if (from !== sender.did) throw notAsTold('a message is from somebody else');
  return content;
}
