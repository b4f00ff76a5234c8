import { isWaypostError } from '../../../src/core/errors.js';
import type { Channel } from '../../../src/transport/transport.js';
import type { Ble } from '../../../transports/ble/transport.js';
import { Agent, acknowledge, enrol, fetchFor, type Reachable, textsOf } from '../agent.js';
import type { DeliveryLedger } from '../delivery-ledger.js';
import { type Device, openBle } from './ble-stations.js';
import { reachableOver, wireOf } from './wire.js';
import type { World } from './world.js';

const NEAR = { x: 1, y: 0 };
const FAR = { x: 1000, y: 0 };
const MIB = 1024 * 1024;

interface Letter {
  readonly text: string;
  /** A forward, always the same bytes: sent again, it is recognised. */
  readonly packed: Uint8Array;
}

/**
 * A phone that comes and goes. Whatever fails because a connection breaks it does again on the next one; it does what the
 * protocols demand, and no more.
 */
export class TravellingPhone {
  readonly agent = new Agent();
  readonly device: Device;
  /** Texts in the order in which they came first. */
  readonly received: string[] = [];
  connections = 0;
  readonly #world: World;
  readonly #ledger: DeliveryLedger;
  readonly #ble: Promise<Ble>;
  readonly #outbox: Letter[] = [];
  readonly #seen = new Set<string>();
  #isEnrolled = false;

  constructor(world: World, ledger: DeliveryLedger) {
    this.#world = world;
    this.#ledger = ledger;
    this.device = world.device({ position: FAR });
    this.#ble = openBle(world, this.device, { connectTimeoutMs: 5000, limits: { maxMessageBytes: MIB } });
  }

  get hasSentAll(): boolean {
    return this.#outbox.length === 0;
  }

  async write(text: string, to: string, mediator: string): Promise<void> {
    this.#outbox.push({ text, packed: Buffer.from(await this.agent.packForward(text, to, mediator)) });
    this.#ledger.sent(text);
  }

  get isNear(): boolean {
    return this.device.controller.position === NEAR;
  }

  /** Out of range for a moment, wherever that leaves what is under way. */
  async stumble(ms: number): Promise<void> {
    this.device.controller.position = FAR;
    await this.#world.sleep(ms);
    this.device.controller.position = NEAR;
  }

  /** Comes, sends and fetches until nothing is left or the time is over, and goes. */
  async visit(gatewayDid: string, visitMs: number): Promise<void> {
    const endMs = this.#world.timeline.nowMs() + visitMs;
    this.device.controller.position = NEAR;
    let isThrough = false;
    while (!isThrough && this.#world.timeline.nowMs() < endMs) {
      isThrough = await this.#connection(gatewayDid, endMs).catch((error: unknown) => {
        if (isWaypostError(error) && error.retryable) return false;
        throw error;
      });
    }
    this.device.controller.position = FAR;
    await this.#world.sleep(2000); // in which both ends notice
  }

  async #connection(gatewayDid: string, endMs: number): Promise<boolean> {
    const channel = await (await this.#ble).native.dial('ble:');
    this.connections++;
    const leave = this.#world.timeline.after(endMs - this.#world.timeline.nowMs(), () => void close(channel));
    try {
      const gateway = reachableOver(gatewayDid, wireOf(channel));
      if (!this.#isEnrolled) await enrol(this.agent, gateway);
      this.#isEnrolled = true;
      await this.#post(channel);
      while (await this.#fetch(gateway));
      return true;
    } finally {
      leave();
      await close(channel);
    }
  }

  async #post(channel: Channel): Promise<void> {
    for (;;) {
      const [letter] = this.#outbox;
      if (letter === undefined) return;
      await channel.send(letter.packed);
      this.#ledger.accepted(letter.text);
      this.#outbox.shift();
    }
  }

  /** False when nothing waited. */
  async #fetch(gateway: Reachable): Promise<boolean> {
    const packed = await fetchFor(this.agent, gateway, { limit: 5 });
    const texts = (await textsOf(this.agent, packed)).map(String);
    packed.forEach(({ id }, index) => {
      const text = texts[index] ?? '';
      this.#ledger.delivered(text, id);
      if (!this.#seen.has(id)) this.received.push(text);
      this.#seen.add(id);
    });
    const ids = packed.map(({ id }) => id);
    if (ids.length === 0) return false;
    await acknowledge(this.agent, gateway, ids);
    for (const id of ids) this.#ledger.acknowledged(id);
    return true;
  }
}

/** The phone is gone by then, or says goodbye. */
async function close(channel: Channel): Promise<void> {
  await channel[Symbol.asyncDispose]();
}
