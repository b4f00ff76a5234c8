import { randomBytes, randomInt } from 'node:crypto';
import { characteristicsOf, findPeripheral, type NobleLike } from '../noble.js';
import type { Clock } from './clock.js';
import type { Memory } from './incoming.js';
import { LinkSession } from './link-session.js';
import { frameBytes, ValueCutter, ValueJoiner, valueBytes } from './values.js';

/*
 * A phone that talks to a gateway with its native profile. Written from docs/transports/ble.md, link.md and framing.md, and
 * from nothing else: it uses noble as it is, and shares no code with the gateway.
 */

const UUID = {
  service: '84cc8e018f2e4760a11d9cef20aa0005',
  toPeripheral: '84cc8e028f2e4760a11d9cef20aa0005',
  toCentral: '84cc8e038f2e4760a11d9cef20aa0005',
  information: '84cc8e048f2e4760a11d9cef20aa0005',
} as const;
const LONGEST_MESSAGE = 1024 * 1024;
const DEFAULT_MTU = 247;

/** What the gateway says of itself. */
interface Information {
  readonly version: number;
  readonly maxMessageBytes: number;
  /** A claim. */
  readonly did?: string;
}

interface NativeClientOptions {
  readonly noble: NobleLike;
  readonly clock: Clock;
  readonly mtu?: number;
}

/** One phone, over all its connections. */
export class NativeClient {
  readonly memory: Memory = { parts: new Map(), accepted: new Set() };
  readonly #options: NativeClientOptions;
  readonly #stationId = randomBytes(16);

  constructor(options: NativeClientOptions) {
    this.#options = options;
  }

  /** Looks for a gateway, connects, and says hello. Messages that come go to `onMessage`, and are accepted. */
  async connect(onMessage: (message: Uint8Array) => void): Promise<NativeConnection> {
    const { noble, clock, mtu = DEFAULT_MTU } = this.#options;
    const peripheral = await findPeripheral(noble, UUID.service);
    await peripheral.connectAsync({ mtu });
    const gone = new Promise<void>((resolve) => peripheral.once('disconnect', () => resolve()));
    const of = await characteristicsOf(peripheral, UUID.service);
    const information: Information = JSON.parse(String(await of(UUID.information).readAsync()));
    const used = valueBytes(peripheral.mtu ?? 23);
    const [cutter, joiner] = [new ValueCutter(used), new ValueJoiner(frameBytes(used))];
    const write = of(UUID.toPeripheral);
    const session: LinkSession = new LinkSession({
      clock,
      nonce: randomInt(1, 2 ** 32),
      stationId: this.#stationId,
      longestFrame: frameBytes(used),
      longestMessage: LONGEST_MESSAGE,
      memory: this.memory,
      transmit: (frame) => {
        for (const value of cutter.cut(frame)) write.writeAsync(value, true).catch(() => {}); // the connection is gone
      },
      onMessage,
    });
    const update = of(UUID.toCentral);
    update.on('data', (value: Buffer) => {
      const frame = joiner.join(value);
      if (frame !== undefined) session.receive(frame);
    });
    void gone.then(() => {
      update.removeAllListeners('data');
      session.end(new Error('the connection is gone'));
    });
    await update.subscribeAsync();
    await session.opened;
    return { information, session, gone, disconnect: () => peripheral.disconnectAsync() };
  }
}

interface NativeConnection {
  readonly information: Information;
  readonly session: LinkSession;
  /** Resolves when it has ended, by whichever side. */
  readonly gone: Promise<void>;
  disconnect(): Promise<void>;
}
