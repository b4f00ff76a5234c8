import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { OPCODE } from '../../../firmware-sim/bluetooth/hci/codes.js';
import { commandPacket } from '../../../firmware-sim/bluetooth/hci/packets.js';
import { Place } from '../../../firmware-sim/bluetooth/place.js';
import { RADIO_PROFILES } from '../../../firmware-sim/bluetooth/profiles.js';
import { serveUart } from '../../../firmware-sim/bluetooth/uart.js';
import { seededRandom } from '../../../firmware-sim/random.js';

const RESET = commandPacket(OPCODE.reset);
const RESET_DONE = '040e0401030c00';
const HARDWARE_ERROR = '04100101';

/** An adapter whose pseudo terminal is in the hands of the test. */
function openAdapter(input: Writable) {
  const place = new Place(RADIO_PROFILES.near, seededRandom(1));
  const output = new PassThrough();
  const pty = { path: '/dev/pts/simulated', output, input, [Symbol.asyncDispose]: async () => {} };
  let nonsense = 0;
  const ended = serveUart({ computer: place.addGateway(), pty, onNonsense: () => nonsense++ });
  /** A program writes, and some time passes. */
  const write = async (...chunks: Uint8Array[]): Promise<void> => {
    for (const chunk of chunks) {
      output.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
      place.timeline.advance(10);
    }
  };
  return { write, output, ended, place, nonsense: () => nonsense };
}

/** What a program reads, as hexadecimal digits. */
function reading() {
  const read: string[] = [];
  const input = new Writable({
    write(chunk: Buffer, _encoding, done) {
      read.push(chunk.toString('hex'));
      done();
    },
  });
  return { read, input };
}

test('a program resets the adapter and is answered, and so is the next one', async () => {
  const { read, input } = reading();
  const { write, output, ended } = openAdapter(input);
  await write(RESET, RESET.subarray(0, 2), RESET.subarray(2));
  expect(read).toEqual([RESET_DONE, RESET_DONE]);
  output.end();
  await ended;
});

test('who writes what is no HCI is told so once, until the next reset', async () => {
  const { read, input } = reading();
  const { write, nonsense } = openAdapter(input);
  await write(Buffer.from('ATZ\r\n'), Buffer.from('ATZ\r\n'));
  expect([read, nonsense()]).toEqual([[HARDWARE_ERROR], 1]);
  await write(RESET);
  expect(read).toEqual([HARDWARE_ERROR, RESET_DONE]);
});

test('half a packet of a program that was killed does not swallow the beginning of the next', async () => {
  const { read, input } = reading();
  const { write, place } = openAdapter(input);
  await write(Uint8Array.of(0x02, 0x40, 0x00, 0xfb, 0x00, 1, 2, 3));
  place.timeline.advance(2000);
  await write(RESET);
  expect(read).toEqual([RESET_DONE]);
});

test('for a program that does not read, no more is kept than a limit', async () => {
  const input = new Writable({ write() {} }); // never done
  const { write } = openAdapter(input);
  for (let round = 0; round < 200; round++) await write(Buffer.concat(Array.from({ length: 100 }, () => RESET)));
  expect(input.writableLength).toBeGreaterThan(60 * 1024);
  expect(input.writableLength).toBeLessThan(70 * 1024);
});
