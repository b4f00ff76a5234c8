import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { release } from 'node:os';
import type { LogFields, Logger } from '../../src/core/logger.js';
import { createScheduler } from '../../src/core/scheduler.js';
import { createMemoryPartials } from '../../src/link/memory-partials.js';
import type { Channel } from '../../src/transport/transport.js';
import { type Ble, createBle } from '../../transports/ble/transport.js';

/*
 * The program of the guest: a gateway on one controller and a phone on the other, with the packages as they are, on raw
 * HCI sockets of the kernel. It writes one line of JSON, a {@link StationsReport}, when each has a message of the other.
 */

/** What was moved, and how the kernel counts it. */
export interface StationsReport {
  /** The release of the kernel. */
  readonly kernel: string;
  /** From the gateway's first listening to the end. */
  readonly elapsedMs: number;
  /** One entry for each direction, in the order in which they were sent. */
  readonly moved: readonly { readonly bytes: number; readonly isIntact: boolean; readonly elapsedMs: number }[];
  /** What the kernel gave to the controllers hci0 (the gateway's) and hci1 (the phone's), as `hciconfig` says. */
  readonly sentBytes: readonly number[];
}

const MESSAGE_BYTES = 100_000;
/** An emulated processor that others share is slow; what waits for ever is ended by init.sh. */
const PATIENCE_MS = 120_000;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

function log(event: string, fields: LogFields = {}): void {
  process.stderr.write(`${event} ${JSON.stringify(fields)}\n`);
}
const logger: Logger = { debug: () => {}, info: log, warn: log, error: log };

async function station(): Promise<Ble> {
  return createBle({
    scheduler: createScheduler(),
    now: () => performance.now(),
    random: Math.random,
    sha256,
    partials: await createMemoryPartials({ clock: { nowMs: () => Date.now() } }),
    logger,
    stationId: randomBytes(16),
    connectTimeoutMs: PATIENCE_MS,
    limits: { dialTimeoutMs: PATIENCE_MS },
  });
}

/** The next item; unlike `for await`, without ending what gives them. */
async function next<T>(items: AsyncIterable<T>): Promise<T> {
  const { done, value } = await items[Symbol.asyncIterator]().next();
  if (done) throw new Error('ended before anything came');
  return value;
}

async function move(from: Channel, to: Channel): Promise<StationsReport['moved'][number]> {
  const startedAtMs = performance.now();
  const message = randomBytes(MESSAGE_BYTES);
  const arrives = next(to).then(async (arrival) => {
    await arrival.accept();
    return arrival.bytes;
  });
  const [bytes] = await Promise.all([arrives, from.send(message)]);
  const elapsedMs = Math.round(performance.now() - startedAtMs);
  log('moved', { bytes: bytes.length, elapsedMs });
  return { bytes: bytes.length, isIntact: message.equals(bytes), elapsedMs };
}

function sentBy(controller: string): number {
  const counters = execFileSync('hciconfig', [controller], { encoding: 'utf8' });
  return Number(/TX bytes:(\d+)/.exec(counters)?.[1]);
}

const startedAtMs = performance.now();
const [gateway, phone] = [await station(), await station()];
const listener = await gateway.native.listen('ble:');
const [ofGateway, ofPhone] = await Promise.all([next(listener), phone.native.dial('ble:')]);
const moved = [await move(ofPhone, ofGateway), await move(ofGateway, ofPhone)];
const report: StationsReport = {
  kernel: release(),
  elapsedMs: Math.round(performance.now() - startedAtMs),
  moved,
  sentBytes: [sentBy('hci0'), sentBy('hci1')],
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
