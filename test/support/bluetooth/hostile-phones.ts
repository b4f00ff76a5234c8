import { randomBytes, randomInt } from 'node:crypto';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';
import { NATIVE } from '../../../transports/ble/profiles.js';
import { type Hello, readFrame, writeFrame } from '../../ble-client/native/frames.js';
import { LinkSession } from '../../ble-client/native/link-session.js';
import { frameBytes, ValueCutter, ValueJoiner, valueBytes } from '../../ble-client/native/values.js';
import { Agent, enrol, PICKUP3 } from '../agent.js';
import type { NobleCharacteristic, NoblePeripheral } from './packages.js';
import { reachableOver } from './wire.js';
import { find, inState, type World } from './world.js';

/*
 * Phones that mean harm, on noble as it is. Each goes on until it is told to stop, whatever the gateway does to it, and
 * says how often it did what it does.
 */

const MTU = 247;
const MIB = 1024 * 1024;
/** Frame types of link.md that a phone sends that listens. */
const LISTENING: readonly number[] = [0x02, 0x04, 0x05, 0x06];

export interface Raid {
  readonly world: World;
  /** The gateway that is attacked. */
  readonly did: string;
  readonly isOver: () => boolean;
}

/** A connection with nothing but values and frames. */
interface RawLink {
  readonly peripheral: NoblePeripheral;
  readonly isGone: () => boolean;
  readonly writeValue: (value: Buffer) => void;
  readonly sendFrame: (frame: Uint8Array) => void;
  onFrame: (frame: Uint8Array) => void;
}

/** Announces sixteen messages, sends a little of each and leaves; then comes as somebody else. */
export async function halfOpen(raid: Raid): Promise<number> {
  return repeat(raid, async (link) => {
    const session = await sayHello(link, MIB, 2 * MIB);
    for (let transfer = 0; transfer < 16; transfer++) {
      const about = { session, transfer, round: 0, form: 0 };
      const length = transfer % 2 === 0 ? MIB : 100_000;
      link.sendFrame(writeFrame({ type: 'offer', ...about, length, crc: 1, hash: randomBytes(32) }));
      for (let packet = 0; packet < 3; packet++) {
        const data = { slot: transfer, packet: { low: packet, modulo: 256 }, offset: 1000 * packet } as const;
        link.sendFrame(writeFrame({ type: 'data', ...data, bytes: randomBytes(200) }));
      }
      await raid.world.sleep(30);
    }
    await raid.world.sleep(500);
  });
}

/** Values and frames of random bytes. */
export async function garbage(raid: Raid): Promise<number> {
  return repeat(raid, async (link) => {
    for (let count = 0; count < 200 && !link.isGone(); count++) {
      if (count % 2 === 0) link.writeValue(randomBytes(randomInt(1, 244)));
      else link.sendFrame(Buffer.concat([Uint8Array.of(randomInt(256)), randomBytes(randomInt(200))]));
      if (count % 4 === 0) await raid.world.sleep(20);
    }
  });
}

/** Claims of more than there is: lengths, credits, positions. */
export async function oversized(raid: Raid): Promise<number> {
  const huge = 2 ** 48;
  return repeat(raid, async (link) => {
    const session = await sayHello(link, huge, huge);
    for (let transfer = 0; transfer < 64 && !link.isGone(); transfer++) {
      const about = { session, transfer };
      const offer = { ...about, round: 0, form: transfer % 3, length: huge - transfer, crc: 0, hash: randomBytes(32) };
      link.sendFrame(writeFrame({ type: 'offer', ...offer }));
      const packet = { low: 0xffff, modulo: 65536 } as const;
      link.sendFrame(writeFrame({ type: 'data', slot: transfer, packet, offset: huge, bytes: randomBytes(100) }));
      const held = [{ start: 0, end: huge }];
      link.sendFrame(writeFrame({ type: 'have', ...about, round: 0, from: 0, to: huge, held }));
      link.sendFrame(writeFrame({ type: 'verdict', ...about, result: 0, retryAfter: huge, credit: huge }));
      await raid.world.sleep(30);
    }
  });
}

/** Has mail, asks for it again and again, and acknowledges nothing of what comes. */
export async function deaf(raid: Raid): Promise<number> {
  const { world, did } = raid;
  const agent = new Agent();
  return repeat(raid, async (link) => {
    let isDeaf = false;
    const arrived = new BoundedQueue<Uint8Array>(10);
    const session: LinkSession = new LinkSession({
      clock: { now: () => world.timeline.nowMs(), after: (ms, run) => world.timeline.after(ms, run) },
      nonce: randomInt(1, 2 ** 32),
      stationId: randomBytes(16),
      longestFrame: frameBytes(valueBytes(MTU)),
      longestMessage: MIB,
      memory: { parts: new Map(), accepted: new Set() },
      transmit: (frame) => {
        if (!isDeaf || !LISTENING.includes(frame[0] ?? 0)) link.sendFrame(frame);
      },
      onMessage: (message) => arrived.push(message),
    });
    link.onFrame = (frame) => session.receive(frame);
    link.peripheral.once('disconnect', () => {
      arrived.end();
      session.end(new Error('gone'));
    });
    const wire = {
      send: (message: Uint8Array) => session.send(message),
      [Symbol.asyncIterator]: () => arrived[Symbol.asyncIterator](),
    };
    await enrol(agent, reachableOver(did, wire));
    for (let letter = 0; letter < 3; letter++) {
      await session.send(Buffer.from(await agent.packForward('z'.repeat(20_000), agent.did, did)));
    }
    isDeaf = true;
    for (let request = 0; request < 30 && !link.isGone(); request++) {
      const type = `${PICKUP3}/delivery-request`;
      const packed = await agent.pack({ type, return_route: 'all', body: { limit: 10 } }, did);
      session.send(Buffer.from(packed)).catch(() => undefined);
      await world.sleep(300);
    }
    session.end(new Error('enough'));
  });
}

/** Connects and leaves at once. */
export async function fickle(raid: Raid): Promise<number> {
  return repeat(raid, async () => {}, false);
}

/** Comes, does something and leaves, again and again. Not being let in, or being thrown out, is what is to be expected. */
async function repeat(raid: Raid, act: (link: RawLink) => Promise<void>, isUsing = true): Promise<number> {
  const { world, isOver } = raid;
  const noble = world.noble(world.device(), 'stoprocent');
  noble.setMaxListeners(0); // each write that waits listens for a disconnection
  await inState(noble, 'poweredOn');
  const peripheral = await find(noble, NATIVE.serviceUuid);
  for (let times = 0; ; times++) {
    if (isOver()) return times;
    const attempt = async () => {
      await peripheral.connectAsync({ mtu: MTU });
      if (isUsing) await act(await attach(peripheral));
    };
    await Promise.race([attempt().catch(() => undefined), world.sleep(20_000)]);
    if (peripheral.state === 'connecting') peripheral.cancelConnect?.();
    if (peripheral.state === 'connected') await Promise.race([peripheral.disconnectAsync(), world.sleep(5000)]);
    await world.sleep(50);
  }
}

async function attach(peripheral: NoblePeripheral): Promise<RawLink> {
  let isGone = false;
  const gone = new Promise<never>((_, reject) => {
    peripheral.once('disconnect', () => {
      isGone = true;
      reject(new Error('gone'));
    });
  });
  gone.catch(() => {}); // also when nobody waits for anything
  const { characteristics } = await Promise.race([
    peripheral.discoverSomeServicesAndCharacteristicsAsync([NATIVE.serviceUuid], []),
    gone,
  ]);
  const of = (uuid: string): NobleCharacteristic => {
    const found = characteristics.find((characteristic) => characteristic.uuid === uuid);
    if (found === undefined) throw new Error(`no ${uuid}`);
    return found;
  };
  const [write, update] = [of(NATIVE.writeUuid), of(NATIVE.updateUuid)];
  const used = valueBytes(MTU);
  const [cutter, joiner] = [new ValueCutter(used), new ValueJoiner(frameBytes(used))];
  const writeValue = (value: Buffer) => void write.writeAsync(value, true).catch(() => undefined);
  const link: RawLink = {
    peripheral,
    isGone: () => isGone,
    writeValue,
    sendFrame: (frame) => cutter.cut(frame).forEach(writeValue),
    onFrame: () => {},
  };
  update.on('data', (value: Buffer) => {
    const frame = joiner.join(value);
    if (frame !== undefined) link.onFrame(frame);
  });
  peripheral.once('disconnect', () => update.removeAllListeners('data'));
  await Promise.race([update.subscribeAsync(), gone]);
  return link;
}

/** Opens a session; gives its number. */
async function sayHello(link: RawLink, longestMessage: number, credit: number): Promise<number> {
  const nonce = randomInt(1, 2 ** 32);
  const heard = new Promise<Hello>((resolve) => {
    link.onFrame = (octets) => {
      const frame = readFrame(octets);
      if (frame?.type === 'hello') resolve(frame);
    };
  });
  const limits = { longestFrame: frameBytes(valueBytes(MTU)), longestMessage, credit, features: 0 };
  const hello = { version: 1, wantsAnswer: true, nonce, echo: 0, ...limits, stationId: randomBytes(16) };
  link.sendFrame(writeFrame({ type: 'hello', ...hello }));
  const answer = await heard;
  link.sendFrame(writeFrame({ type: 'hello', ...hello, wantsAnswer: false, echo: answer.nonce }));
  return (nonce ^ answer.nonce) >>> 0;
}
