import { type DeviceEvent, type DeviceOptions, runDevice, type Text } from '../../../firmware-sim/index.js';
import { withResolvers } from '../../core/with-resolvers.js';
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
  const phones = dials.map((dial) => ({ dial, did: withResolvers<string>() }));
  const failed = new AbortController();
  const runs = phones.map(async ({ dial, did }, index) => {
    const next = phones[(index + 1) % phones.length]?.did ?? did;
    try {
      await runDevice({
        ...device,
        dial,
        texts: letters(index + 1, next.promise),
        signal: AbortSignal.any([signal, failed.signal]),
        say(event) {
          if (event.event === 'registered') did.resolve(event.did);
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

async function* letters(phone: number, recipient: Promise<string>): AsyncGenerator<Text, undefined> {
  const to = await recipient;
  for (let number = 1; ; number++) yield { to, content: `letter ${number} of phone ${phone}` };
}
