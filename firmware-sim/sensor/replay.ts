import type { Random } from '../random.js';
import type { SensorLine } from './line.js';

/** Messages that the eavesdropper remembers. */
const REMEMBERED = 50;

/**
 * Somebody on the line records what a device sends, and sends some of it again, after this part of all messages. A gateway
 * must not be impressed, and the device must not be confused by the answers.
 */
export function replaying(line: SensorLine, part: number, random: Random): SensorLine {
  const recorded: Uint8Array[] = [];
  return {
    address: line.address,
    async send(message, options) {
      await line.send(message, options);
      recorded.push(message.slice());
      if (recorded.length > REMEMBERED) recorded.shift();
      const again = random() < part ? recorded[Math.floor(random() * recorded.length)] : undefined;
      if (again !== undefined) await line.send(again, options).catch(() => {}); // the device knows nothing of it
    },
    [Symbol.asyncIterator]: () => line[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  };
}
