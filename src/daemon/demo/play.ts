import { WaypostError } from '../../core/errors.js';
import { receive } from '../../mailbox/receive.js';
import { sendText } from '../../mailbox/send.js';
import { openAll } from '../run/cleanup.js';
import { notAsTold } from './not-as-told.js';
import { playBluetooth } from './play-bluetooth.js';
import { playPallet } from './play-pallet.js';
import { filmMessage } from './qr-message.js';
import { type Phone, type Stage, setStage } from './stage.js';
import { sendReading } from './thermometer.js';

/** Longer than it takes by far; it only keeps a demo that hangs from hanging for ever. */
const PATIENCE_MS = 60_000;

/** Plays the demo and tells it in plain words. Throws when something does not go as told. */
export function playDemo(say: (line: string) => void): Promise<void> {
  return openAll(async (cleanup) => {
    const stage = await setStage(cleanup);
    say(`A gateway is running at ${stage.running.addresses.join(' and ')}.`);
    say('Its invitation, which phones would scan as a QR code:');
    say(`  ${stage.invitation.slice(0, 72)}...`);
    const [anna, ben] = await Promise.all([stage.addPhone('anna'), stage.addPhone('ben')]);
    say('\nThe phones of Anna and Ben followed it. Each has a mailbox at the gateway now, and a DID that leads there:');
    say(`  Anna ${shown(anna)}\n  Ben  ${shown(ben)}`);

    say('\nBen is away. Anna sends him: "Dinner at eight?"');
    await sendText(anna.correspondent, ben.correspondent.did, 'Dinner at eight?');
    const { store } = await stage.running.gateway.status();
    say(`  The gateway has it on disk: ${store.messages} message, ${store.bytes} bytes. It cannot read it.`);
    say('The gateway is switched off and on again.');
    await stage.restart();
    say('Ben comes back into range and connects by WebSocket.');
    say(`  Ben reads: "${await nextText(ben, anna)}", proven to be from Anna.`);

    say('\nAnna stays connected. Ben answers: "Make it nine."');
    const answer = nextText(anna, ben);
    const startedAtMs = performance.now();
    await sendText(ben.correspondent, anna.correspondent.did, 'Make it nine.');
    say(`  Anna reads: "${await answer}", ${Math.round(performance.now() - startedAtMs)} ms later.`);

    await playThermometer(say, stage, ben);
    await playBluetooth(say, stage, AbortSignal.timeout(PATIENCE_MS));
    await playPallet(say, stage, AbortSignal.timeout(PATIENCE_MS));

    const { store: before } = await stage.running.gateway.status();
    say(`\nEverybody acknowledged what they got, so the gateway holds ${before.messages} messages now.`);

    await playQrCodes(say, stage, anna, ben);
    await cleanup[Symbol.asyncDispose]();
  });
}

/** Something small that has no network at all. */
async function playThermometer(say: (line: string) => void, { line, gatewayDid }: Stage, ben: Phone): Promise<void> {
  say('\nA thermometer is connected to the gateway by a serial line: 115200 baud, one byte in 1000 arrives wrong.');
  say(`  (The line is simulated, ${line.description}.)`);
  const reading = nextMessage(ben);
  const sent = await sendReading(line, gatewayDid, ben.correspondent.did, AbortSignal.timeout(PATIENCE_MS));
  say(`It registered, and sent Ben a reading; the gateway had it after ${sent.tookMs} ms.`);
  const { text, from } = await reading;
  if (from !== sent.did || text !== sent.content) throw notAsTold('a reading is not what the thermometer sent');
  say(`  Ben reads: "${text}", proven to be from the thermometer.`);
}

/** Somebody in sight who is on no network, and only looks. */
async function playQrCodes(say: (line: string) => void, stage: Stage, anna: Phone, ben: Phone): Promise<void> {
  say('\nBen loses the network, and stands before the screen of the gateway. Anna sends him: "Bring the key."');
  await sendText(anna.correspondent, ben.correspondent.did, 'Bring the key.');
  const destinations = [ben.correspondent.resolver.canonical(ben.correspondent.did)];
  const [waiting] = await stage.running.store.list({ destinations, limitMessages: 1 });
  if (waiting === undefined) throw notAsTold('a message of the demo does not wait for its recipient');
  const { pictures, missed, unpacked } = await filmMessage(waiting.content, ben, stage.root);
  say(
    `It leaves as ${pictures} QR codes, one after the other; Ben's phone misses ${missed} of them, which does not matter.`,
  );
  if (unpacked.from !== anna.correspondent.did) throw notAsTold('a message is from somebody else');
  say(`  Ben reads: "${String(unpacked.message.body?.content)}", proven to be from Anna.`);
  say('The gateway keeps it until his phone, on whichever link comes first, says that it has it.');
}

/** The next text that comes, which must be proven to be from `sender`. */
async function nextText(phone: Phone, sender: Phone): Promise<string> {
  const { text, from } = await nextMessage(phone);
  if (from !== sender.correspondent.did) throw notAsTold('a message is from somebody else');
  return text;
}

/** `from` is who is proven to have sent it. */
async function nextMessage(phone: Phone): Promise<{ readonly text: string; readonly from: string | null }> {
  let next = { text: '', from: null as string | null };
  const isThere = await receive({
    correspondent: phone.correspondent,
    invitationId: phone.mailbox.mediator.invitationId,
    signal: AbortSignal.timeout(PATIENCE_MS),
    take: (unpacked) =>
      phone.seen.showOnce(unpacked, ({ message, from }) => {
        next = { text: String(message.body?.content), from };
        return true;
      }),
  });
  if (!isThere) throw new WaypostError('ERR_NETWORK', 'a message of the demo did not arrive');
  return next;
}

function shown({ correspondent }: Phone): string {
  return `${correspondent.did.slice(0, 60)}...`;
}
