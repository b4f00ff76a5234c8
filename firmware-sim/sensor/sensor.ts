import { createHash } from 'node:crypto';
import type { SimulatedClock } from './clock.js';
import type { DeviceKey } from './cose.js';
import type { SensorEvent } from './events.js';
import type { Instrument } from './instruments.js';
import { type Frame, type Outstanding, Ring, type Sample } from './ring.js';
import { encodePack } from './senml.js';
import { CODE, type Command, type Downlink, type Epoch, ownEpoch, report, Wire } from './wire.js';

export interface SensorOptions {
  readonly id: string;
  readonly key: DeviceKey;
  readonly instrument: Instrument;
  readonly clock: SimulatedClock;
  /** Everything survives a reboot but what was on its way; without, the device asks the gateway for an epoch. */
  readonly hasFlash: boolean;
  /** Of a device with flash that was never used: the epoch that it begins with. Left out, it asks as well. */
  readonly firstEpoch?: number;
  /** True randomness: a challenge must differ with each boot. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly say: (event: SensorEvent) => void;
  /** Readings that it keeps. Default 10,000. */
  readonly capacity?: number;
  /** Readings in a frame at most. Default 10. */
  readonly frameReadings?: number;
  /**
   * Frames that may wait for their answer at once, 1 to 32. With 1, the default, they are stored in their order also
   * where a broker or a line loses one.
   */
  readonly window?: number;
  /** Until a frame without an answer is sent again, the first time. Default 2000. */
  readonly retryMs?: number;
}

/** What a device wants to do: send a message, or be asked again after a while; left out, when something happened. */
type Turn =
  | { readonly message: Uint8Array; readonly name: string }
  | { readonly message?: undefined; readonly waitMs: number | undefined };

/** What a gateway remembers below the highest number (docs/sensors.md, "Numbers"). */
const WINDOW = 32;
const CHALLENGE_BYTES = 8;
const RETRY = { ms: 2000, maxMs: 60_000 };
const CAPACITY = 10_000;
const FRAME_READINGS = 10;
/** Without an answer for so many tries, the gateway may have forgotten what it granted. */
const TRIES_BEFORE_HELLO = 9;
const PING = 1;
const SET_INTERVAL = 2;
const DONE = 0;
const NOT_SUPPORTED = 1;
const HELLO_NAME = 'hello';

/** A simulated sensor device as docs/sensors.md describes it, without any medium: whoever runs it passes messages on. */
export class Sensor {
  readonly id: string;
  readonly ring: Ring;
  /** As the gateway wants it; undefined before it ever said so. */
  intervalS: number | undefined;
  readonly #options: SensorOptions;
  readonly #wire: Wire;
  /** Undefined while it has to be asked for. */
  #epoch: Epoch | undefined;
  #counter = 0;
  #hello: { readonly challenge: Uint8Array; tries: number; dueMs: number } | undefined;
  #reports: { readonly number: number; readonly status: number }[] = [];
  #lastCommand = 0;
  /** Nothing new is sent before the gateway answered something on this connection. */
  #isHeard = false;

  constructor(options: SensorOptions) {
    const { id, key, capacity = CAPACITY, firstEpoch } = options;
    this.id = id;
    this.ring = new Ring(capacity);
    this.#options = options;
    this.#wire = new Wire(id, key);
    if (firstEpoch !== undefined) this.#epoch = ownEpoch(firstEpoch);
  }

  get hasFlash(): boolean {
    return this.#options.hasFlash;
  }

  /** Nothing waits to be sent or answered. */
  get isDone(): boolean {
    return this.ring.size === 0 && this.ring.outstanding.length === 0 && this.#reports.length === 0;
  }

  measure(): void {
    const { clock, instrument, say } = this.#options;
    const measurements = instrument();
    say({ event: 'measured', measurements });
    this.#lose(this.ring.add({ measurements, uptimeS: clock.uptimeS() }), 'the ring is full');
  }

  /** A new connection: what has no answer yet is sent again on it, in its order. */
  connected(nowMs: number): void {
    this.#isHeard = false;
    for (const waiting of this.ring.outstanding) waiting.dueMs = nowMs;
    if (this.#hello !== undefined) this.#hello.dueMs = nowMs;
  }

  /** What to do at this moment. A message that it gives counts as sent. */
  turn(nowMs: number): Turn {
    if (this.#epoch === undefined) return this.#sayHello(nowMs);
    const { outstanding } = this.ring;
    const sendable = this.#isHeard ? outstanding : outstanding.slice(0, 1);
    const due = sendable.find(({ dueMs }) => dueMs <= nowMs);
    if (due !== undefined) return this.#send(due, nowMs);
    const frame = this.#mayMake(this.#epoch) ? this.#make(this.#epoch) : undefined;
    if (frame !== undefined) {
      const waiting = { frame, tries: 0, dueMs: nowMs };
      outstanding.push(waiting);
      return this.#send(waiting, nowMs);
    }
    if (sendable.length === 0) return { waitMs: undefined };
    return { waitMs: Math.min(...sendable.map(({ dueMs }) => dueMs)) - nowMs };
  }

  /** Something that came from the gateway, or says so. */
  receive(bytes: Uint8Array, nowMs: number): void {
    const { say } = this.#options;
    const downlink = this.#wire.read(bytes, {
      nonceOf: (epoch) => this.#nonceOf(epoch),
      challenge: this.#hello?.challenge,
      current: this.#epoch,
    });
    if (downlink === undefined) {
      say({ event: 'unproven', bytes: bytes.length });
      return;
    }
    this.#isHeard = true;
    if (downlink.kind === 'grant') this.#begin(downlink);
    else if (downlink.kind === 'command') this.#obey(downlink.command);
    else this.#answered(downlink, nowMs);
  }

  /** The medium says that the message last given was refused: an answer would have said more. */
  refused(name: string, reason: string): void {
    this.#options.say({ event: 'refused', frame: name, reason });
  }

  /** The power went and came. */
  reboot(): void {
    const { hasFlash, clock, say } = this.#options;
    say({ event: 'rebooted' });
    this.#isHeard = false;
    this.#hello = undefined;
    if (hasFlash) {
      this.#epoch = this.#nextEpoch();
      return;
    }
    clock.forget();
    this.#reports = [];
    this.#lastCommand = 0;
    this.#epoch = undefined;
    this.#lose(this.ring.clear(), 'it had no flash to keep them in');
  }

  #sayHello(nowMs: number): Turn {
    this.#hello ??= { challenge: this.#options.randomBytes(CHALLENGE_BYTES), tries: 0, dueMs: nowMs };
    const hello = this.#hello;
    if (hello.dueMs > nowMs) return { waitMs: hello.dueMs - nowMs };
    hello.dueMs = nowMs + this.#retryMs(hello.tries++);
    const message = this.#wire.hello(hello.challenge);
    this.#options.say({ event: 'sent', frame: HELLO_NAME, hash: null, bytes: message.length, tries: hello.tries });
    return { message, name: HELLO_NAME };
  }

  #begin({ epoch, timeS }: Extract<Downlink, { kind: 'grant' }>): void {
    const { clock, say } = this.#options;
    this.#hello = undefined;
    this.#epoch = epoch;
    this.#counter = 0;
    if (timeS !== undefined) clock.set(timeS);
    say({ event: 'granted', epoch: epoch.epoch, timeS: timeS ?? null });
  }

  #send(waiting: Outstanding, nowMs: number): Turn {
    const { frame } = waiting;
    const isForgotten = frame.epoch.nonce.length > 0 && waiting.tries >= TRIES_BEFORE_HELLO;
    if (isForgotten) {
      this.#epoch = undefined;
      this.#dissolve('the gateway may have forgotten the epoch that it granted');
      return this.#sayHello(nowMs);
    }
    waiting.dueMs = nowMs + this.#retryMs(waiting.tries++);
    const name = nameOf(frame);
    this.#options.say({
      event: 'sent',
      frame: name,
      hash: frame.hash,
      bytes: frame.bytes.length,
      tries: waiting.tries,
    });
    return { message: frame.bytes, name };
  }

  /** Frames of an epoch that is over come first; the window is counted from the oldest number that has no answer. */
  #mayMake({ epoch }: Epoch): boolean {
    const { outstanding } = this.ring;
    const { window = 1 } = this.#options;
    const [oldest] = outstanding;
    if (oldest === undefined) return true;
    if (!this.#isHeard || outstanding.some(({ frame }) => frame.number.epoch !== epoch)) return false;
    return outstanding.length < window && this.#counter < oldest.frame.number.counter + WINDOW;
  }

  #make(epoch: Epoch): Frame | undefined {
    const next = this.#reports.shift();
    if (next !== undefined) {
      const frame = this.#number(epoch, report(next.number, next.status), 'report', []);
      return { ...frame, reportsOn: next.number };
    }
    const samples = this.ring.take(this.#options.frameReadings ?? FRAME_READINGS);
    return samples.length === 0 ? undefined : this.#number(epoch, this.#pack(samples), 'readings', samples);
  }

  /** Times of day where the clock knows them now, also for what was measured before it did. */
  #pack(samples: readonly Sample[]): Uint8Array {
    const { clock } = this.#options;
    const nowS = clock.uptimeS();
    const isAbsolute = clock.timeOfDayS(nowS) !== undefined;
    const timed = samples.map(({ measurements, uptimeS }) => ({
      measurements,
      timeS: clock.timeOfDayS(uptimeS) ?? uptimeS - nowS,
    }));
    return encodePack(timed, isAbsolute);
  }

  #number(epoch: Epoch, content: Uint8Array, kind: 'readings' | 'report', samples: readonly Sample[]): Frame {
    const counter = this.#counter++;
    const bytes = this.#wire.frame(epoch, counter, content, kind);
    const hash = createHash('sha256').update(bytes).digest('base64url');
    return { number: { epoch: epoch.epoch, counter }, epoch, bytes, hash, samples };
  }

  #answered({ number, code, retryAfterS, command }: Extract<Downlink, { kind: 'answer' }>, nowMs: number): void {
    const { say } = this.#options;
    const waiting = this.ring.outstanding.find(
      ({ frame }) => frame.number.epoch === number.epoch && frame.number.counter === number.counter,
    );
    if (waiting === undefined) return; // a second answer to a frame that was sent twice
    const { frame } = waiting;
    if (code === CODE.busy) {
      waiting.tries = 0;
      waiting.dueMs = nowMs + retryAfterS * 1000;
      say({ event: 'busy', frame: nameOf(frame), retryInMs: retryAfterS * 1000 });
    } else if (code === CODE.stored) {
      this.ring.remove(number);
      say({ event: 'acknowledged', ...number, readings: frame.samples.length, hash: frame.hash });
    } else if (code === CODE.closed || code === CODE.replayed) {
      this.#dissolve(code === CODE.closed ? 'a later epoch has begun' : 'the number was used before');
      // Who does not know how far its epochs got has to ask.
      if (this.#epoch?.epoch === number.epoch) this.#epoch = code === CODE.replayed ? this.#nextEpoch() : undefined;
    } else {
      this.ring.remove(number);
      this.#lose(frame.samples.length, code === CODE.tooOld ? 'the number is too old' : 'the gateway cannot take it');
    }
    if (command !== undefined) this.#obey(command);
  }

  #obey({ number, what, argument }: Command): void {
    const name = what === PING ? 'ping' : what === SET_INTERVAL ? 'set-interval' : 'unknown';
    const isKnown = name === 'ping' || (name === 'set-interval' && argument !== undefined);
    const isReporting = this.ring.outstanding.some(({ frame }) => frame.reportsOn === number);
    if (isReporting || this.#reports.some((waiting) => waiting.number === number)) return;
    this.#reports.push({ number, status: isKnown ? DONE : NOT_SUPPORTED });
    if (number <= this.#lastCommand) return;
    this.#lastCommand = number;
    if (name === 'set-interval' && argument !== undefined) this.intervalS = argument;
    this.#options.say({ event: 'command', number, what: name });
  }

  /** A device that counts its epochs takes the next; another one asks. */
  #nextEpoch(): Epoch | undefined {
    this.#counter = 0;
    return this.#options.hasFlash && this.#epoch !== undefined ? ownEpoch(this.#epoch.epoch + 1) : undefined;
  }

  #dissolve(why: string): void {
    const frames = this.ring.outstanding.map(({ frame }) => frame);
    this.#options.say({ event: 'dissolved', frames: frames.length, why });
    this.#lose(this.ring.dissolve(frames), 'the ring is full');
  }

  #lose(readings: number, why: string): void {
    if (readings > 0) this.#options.say({ event: 'lost', readings, why });
  }

  #nonceOf(epoch: number): Uint8Array {
    const made = this.ring.outstanding.find(({ frame }) => frame.number.epoch === epoch)?.frame.epoch;
    return (made ?? (this.#epoch?.epoch === epoch ? this.#epoch : ownEpoch(epoch))).nonce;
  }

  /** Longer each time. */
  #retryMs(tries: number): number {
    return Math.min(RETRY.maxMs, (this.#options.retryMs ?? RETRY.ms) * 2 ** Math.min(tries, 16));
  }
}

/** As people read it: epoch and counter. */
function nameOf({ number: { epoch, counter } }: Frame): string {
  return `${epoch}.${counter}`;
}
