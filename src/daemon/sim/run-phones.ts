import { type DeviceEvent, type DeviceOptions, runDevice, type Text } from '../../../firmware-sim/index.js';
import type { Dial } from './medium.js';

export interface PhonesOptions extends Omit<DeviceOptions, 'dial' | 'say' | 'texts' | 'to'> {
  /** One for each phone, at least two. */
  readonly dials: readonly Dial[];
  /** `phone` counts from 1. */
  readonly say: (phone: number, event: DeviceEvent) => void;
}

/**
 * Runs phones that write to each other, each to the next one, as soon as that has registered. Resolves when each has sent
 * `count`, or `signal` aborts. Throws what {@link runDevice} throws for any of them, which ends the others.
 */
export async function runPhones({ dials, say, signal, ...device }: PhonesOptions): Promise<void> {
  const phones = dials.map((dial) => ({ dial, ...introduction() }));
  const failed = new AbortController();
  const runs = phones.map(async ({ dial, did, introduce }, index) => {
    const next = phones[(index + 1) % phones.length]?.did ?? did;
    try {
      await runDevice({
        ...device,
        dial,
        texts: letters(index + 1, next),
        signal: AbortSignal.any([signal, failed.signal]),
        say(event) {
          if (event.event === 'registered') introduce(event.did);
          say(index + 1, event);
        },
      });
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  await Promise.allSettled(runs);
  await Promise.all(runs);
}

/** The DID of a phone, which the others learn when it has one. */
function introduction() {
  let introduce: (did: string) => void = () => {};
  const did = new Promise<string>((resolve) => {
    introduce = resolve;
  });
  return { did, introduce };
}

async function* letters(phone: number, recipient: Promise<string>): AsyncGenerator<Text, undefined> {
  const to = await recipient;
  for (let number = 1; ; number++) yield { to, content: `letter ${number} of phone ${phone}` };
}
