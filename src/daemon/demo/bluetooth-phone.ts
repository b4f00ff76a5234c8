import type { DeviceEvent, Text } from '../../../firmware-sim/index.js';
import { openBle } from '../../../transports/index.js';
import { WaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { createMemoryPartials } from '../../link/memory-partials.js';
import { BoundedQueue } from '../../transport/bounded-queue.js';
import { createTimers } from '../../transport/timers.js';
import { type Cleanup, openAll } from '../run/cleanup.js';
import { linkOptions } from '../run/link-options.js';
import type { DemoRadio } from './radio.js';

/** A phone that has nothing but Bluetooth. It connects by itself whenever the gateway is in range. */
export interface BluetoothPhone extends AsyncDisposable {
  readonly did: string;
  /** Resolves with how long it took, in milliseconds, when the gateway has it. */
  send(to: string, content: string): Promise<number>;
  /** The next text that came, and who is proven to have sent it. */
  receive(): Promise<{ readonly content: string; readonly from: string | null }>;
  /** Out of range. */
  leave(): void;
  comeBack(): void;
}

type Said<E extends DeviceEvent['event']> = Extract<DeviceEvent, { event: E }>;

const MAX_EVENTS = 16;
const MAX_MESSAGE_BYTES = 64 * 1024;

interface PhoneOptions {
  readonly radio: DemoRadio;
  readonly name: string;
  readonly gatewayDid: string;
  /** Ends the phone, whatever it waits for. */
  readonly signal: AbortSignal;
}

/**
 * Resolves when it has registered with the gateway. This and its methods throw ERR_NETWORK when `signal` aborts before what
 * they wait for, and what running a device throws.
 */
export function startPhone(options: PhoneOptions): Promise<BluetoothPhone> {
  return openAll((cleanup) => start(options, cleanup));
}

async function start({ radio, name, gatewayDid, signal }: PhoneOptions, cleanup: Cleanup): Promise<BluetoothPhone> {
  const { runDevice, seededRandom } = await import('../../../firmware-sim/index.js');
  const partials = cleanup.use(await createMemoryPartials({ clock: { nowMs: () => Date.now() } }));
  const { packages, leave, comeBack } = radio.addPhone();
  const station = { stationName: name, maxMessageBytes: MAX_MESSAGE_BYTES, partials, logger: silentLogger };
  const ble = cleanup.use(await openBle({ ...linkOptions(station), packages }));

  const texts = new BoundedQueue<Text>(1);
  const events = {
    registered: new BoundedQueue<Said<'registered'>>(MAX_EVENTS),
    sent: new BoundedQueue<Said<'sent'>>(MAX_EVENTS),
    received: new BoundedQueue<Said<'received'>>(MAX_EVENTS),
  };
  const ended = new AbortController();
  const running = runDevice({
    dial: (options) => ble.native.dial('ble:', options),
    gateway: { did: gatewayDid },
    texts,
    intervalMs: 0,
    random: seededRandom(1),
    primitives: createNodePrimitives(),
    timers: createTimers(createScheduler(), () => performance.now()),
    signal: AbortSignal.any([signal, ended.signal]),
    say(event) {
      if (event.event === 'registered') events.registered.push(event);
      if (event.event === 'sent') events.sent.push(event);
      if (event.event === 'received') events.received.push(event);
    },
  }).finally(() => {
    for (const queue of Object.values(events)) queue.end();
  });
  running.catch(() => {}); // whoever waits for an event learns of it
  cleanup.defer(async () => {
    ended.abort();
    await running;
  });
  /** The next event of a kind; when the phone ends before it, the reason. */
  const next = async <T>(queue: BoundedQueue<T>): Promise<T> => {
    const { value } = await queue[Symbol.asyncIterator]().next();
    if (value !== undefined) return value;
    await running;
    throw new WaypostError('ERR_NETWORK', `the phone of ${name} did not get what it waited for`);
  };
  const { did } = await next(events.registered);
  return {
    did,
    async send(to, content) {
      texts.push({ to, content });
      return (await next(events.sent)).tookMs;
    },
    receive: () => next(events.received),
    leave,
    comeBack,
    [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
  };
}
