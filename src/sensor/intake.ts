import { type DeviceClock, isTrustedQuality } from '../core/clock.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { type RateLimit, TokenBuckets } from '../core/token-bucket.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Operation } from '../store/message-store.js';
import { ANSWER, type Answer, answerTo, encodeAnswer, encodeGrant } from './answer.js';
import { type CoseMessage, toBeProven } from './cose.js';
import { type ArrivedPack, type Moment, toDeviceFrame } from './device-frame.js';
import { type DeviceState, type Grant, grantFor, NONCE_BYTES, withGrant } from './device-state.js';
import { type Devices, type KnownDevice, unknownDevice } from './devices.js';
import { contentOf, externalAad, type Hello, NO_NONCE, type NumberedFrame, PURPOSE, parseFrame } from './frame.js';
import type { Prover } from './proof.js';
import type { Outlet } from './reading.js';
import { readSenml, type SenmlFormat } from './senml.js';
import { judge, SHORT_HASH_BYTES, type Verdict, withFrame } from './sequence.js';
import { MAX_DEVICES } from './spaces.js';

export interface SensorLimits {
  /** Everything that comes from one place, before anything of it is verified. A place may be a line with many devices. */
  readonly perSource: RateLimit;
  /** Frames of one device that are taken; what somebody else repeats does not count. */
  readonly perDevice: RateLimit;
  readonly maxSources: number;
}

export const DEFAULT_SENSOR_LIMITS: SensorLimits = {
  perSource: { perSecond: 1000, burst: 4000 },
  perDevice: { perSecond: 50, burst: 500 },
  maxSources: 1000,
};

interface IntakeOptions {
  readonly devices: Devices;
  readonly outlets: readonly Outlet[];
  readonly primitives: Primitives;
  readonly clock: Pick<DeviceClock, 'nowMs' | 'quality' | 'monotonicMs'>;
  readonly logger: Logger;
  readonly limits: SensorLimits;
}

/** What became of something that came from a device, before it is told. */
export interface Outcome {
  /** Undefined where `error` says why not. */
  readonly result?: 'stored' | 'repeated' | 'granted' | 'reported';
  readonly error?: WaypostError;
  /** The device that proved to have sent it. */
  readonly deviceId?: string;
  /** For the device. A frame that proves nothing gets none. */
  readonly answer?: Uint8Array;
}

/** An authentic frame on its way. */
interface Authentic {
  readonly known: KnownDevice;
  readonly prover: Prover;
  readonly frame: NumberedFrame;
  readonly nonce: Uint8Array;
  readonly bytes: Uint8Array;
  readonly moment: Moment;
  /** Of what was proven: an ECDSA signature differs each time that it is made. */
  readonly hash: Uint8Array;
}

const REFUSAL: { readonly [V in Exclude<Verdict, 'new' | 'repeat'>]: ConstructorParameters<typeof WaypostError> } = {
  replayed: ['ERR_FRAME_REPLAYED', 'another frame with this number was taken before'],
  'too-old': ['ERR_FRAME_TOO_OLD', 'the number of the frame is below the window'],
  closed: ['ERR_FRAME_EPOCH', 'a later epoch of the device has begun'],
};

/**
 * From the bytes of a device to readings that are durable, each frame once. Frames of one device are handled in the order in
 * which they came; those of different devices overlap, and share a sync to the disk.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #sources: TokenBuckets;
  readonly #devices: TokenBuckets;

  constructor(options: IntakeOptions) {
    const { limits, clock } = options;
    this.#options = options;
    this.#sources = new TokenBuckets(limits.perSource, limits.maxSources, () => clock.monotonicMs());
    this.#devices = new TokenBuckets(limits.perDevice, MAX_DEVICES, () => clock.monotonicMs());
  }

  /** A COSE message. Never rejects. */
  receive(bytes: Uint8Array, source: string): Promise<Outcome> {
    return settle(async () => {
      const moment = this.#moment();
      this.#charge(this.#sources, source);
      const frame = parseFrame(bytes);
      const { kid } = frame.message.header;
      return this.#options.devices.locked(kid, () => this.#receive(kid, frame, bytes, moment));
    });
  }

  /**
   * A SenML pack that nobody vouches for; `deviceId` where the way it came tells it, else its base name does. Never rejects.
   */
  receivePlain(bytes: Uint8Array, format: SenmlFormat, source: string, deviceId?: string): Promise<Outcome> {
    return settle(async () => {
      const moment = this.#moment();
      this.#charge(this.#sources, source);
      const id = deviceId ?? idIn(readSenml(bytes, format, moment.nowMs).baseName);
      return this.#options.devices.locked(id, () => this.#receivePlain(id, bytes, format, moment));
    });
  }

  async #receive(id: string, frame: NumberedFrame | Hello, bytes: Uint8Array, moment: Moment): Promise<Outcome> {
    const known = await this.#options.devices.find(id);
    if (known === undefined) throw unknownDevice(id);
    const { prover, state } = known;
    const { algorithm } = frame.message.header;
    if (prover?.algorithm !== algorithm) {
      throw new WaypostError('ERR_FRAME_FORGED', `${quote(id)} is not registered for ${algorithm}`);
    }
    if (frame.kind === 'hello') return this.#greet(known, prover, frame, moment);
    const { epoch } = frame.number;
    const nonce = state.grants.find((grant) => grant.epoch === epoch)?.nonce ?? NO_NONCE;
    const hash = this.#verified(prover, frame.message, externalAad(PURPOSE.frame, nonce));
    return this.#answered({ known, prover, frame, nonce, bytes, moment, hash });
  }

  /** Takes an authentic frame, and says so or says why not, in terms that the device can trust. */
  async #answered(authentic: Authentic): Promise<Outcome> {
    const { known, prover, frame, nonce } = authentic;
    const deviceId = known.device.id;
    const encode = (answer: Answer) => encodeAnswer({ deviceId, prover }, frame.number, nonce, answer);
    try {
      const { result, state } = await this.#take(authentic);
      const [command] = state.commands;
      return { deviceId, result, answer: encode({ code: ANSWER.stored, command }) };
    } catch (cause) {
      const error = toWaypostError(cause);
      return { deviceId, error, answer: encode(answerTo(error)) };
    }
  }

  async #take(authentic: Authentic): Promise<{ result: 'stored' | 'repeated' | 'reported'; state: DeviceState }> {
    const { known, frame, bytes, moment, hash } = authentic;
    const { devices, logger, primitives } = this.#options;
    const { state, device } = known;
    const verdict = judge(state.sequence, frame.number, hash);
    if (verdict === 'repeat') return { result: 'repeated', state };
    if (verdict !== 'new') throw new WaypostError(...REFUSAL[verdict]);
    this.#charge(this.#devices, device.id);
    const sequence = withFrame(state.sequence, frame.number, hash);
    const next = { ...state, sequence, lastReceivedMs: moment.nowMs };
    const content = contentOf(frame.message);
    if (content.kind === 'report') {
      const { number, status } = content.report;
      const reported = state.commands.find((command) => command[0] === number);
      const lastReport = reported === undefined ? state.lastReport : { command: reported, status };
      const after = { ...next, lastReport, commands: state.commands.filter((command) => command !== reported) };
      await devices.advance(known, after, []);
      logger.info('sensor.command-reported', { device: device.id, number, status });
      return { result: 'reported', state: after };
    }
    const contentHash = primitives.sha256(bytes);
    const proven = { content: bytes, contentHash, externalAad: externalAad(PURPOSE.frame, authentic.nonce) };
    await this.#store(known, next, { ...content, ...proven, number: frame.number, moment });
    return { result: 'stored', state: next };
  }

  /** The readings, whatever outlets make of them, and the number of the frame: durable together. */
  async #store(known: KnownDevice, state: DeviceState, arrived: ArrivedPack): Promise<void> {
    const { devices, outlets } = this.#options;
    const frame = toDeviceFrame(known.device, arrived);
    const operations: Operation[] = [];
    for (const outlet of outlets) operations.push(...(await outlet.operations(frame)));
    await devices.advance(known, state, operations);
    for (const outlet of outlets) outlet.stored(frame);
  }

  /**
   * Gives a device an epoch after its boot. The same hello gets the same grant, so that one which somebody recorded
   * changes nothing.
   */
  async #greet(known: KnownDevice, prover: Prover, { message, challenge }: Hello, moment: Moment): Promise<Outcome> {
    const { primitives, devices } = this.#options;
    const deviceId = known.device.id;
    this.#verified(prover, message, externalAad(PURPOSE.hello, NO_NONCE));
    const challengeHash = primitives.sha256(challenge).slice(0, SHORT_HASH_BYTES);
    const grant = grantFor(known.state, challengeHash) ?? (await this.#grant(known, challengeHash, devices));
    const timeS = isTrustedQuality(moment.quality) ? Math.floor(moment.nowMs / 1000) : undefined;
    return { deviceId, result: 'granted', answer: encodeGrant({ deviceId, prover }, grant, challenge, timeS) };
  }

  async #grant(known: KnownDevice, challengeHash: Uint8Array, devices: Devices): Promise<Grant> {
    this.#charge(this.#devices, known.device.id);
    const { grant, state } = withGrant(known.state, this.#options.primitives.randomBytes(NONCE_BYTES), challengeHash);
    await devices.advance(known, state, []);
    return grant;
  }

  async #receivePlain(id: string, bytes: Uint8Array, format: SenmlFormat, moment: Moment): Promise<Outcome> {
    const known = await this.#options.devices.find(id);
    if (known === undefined) throw unknownDevice(id);
    if (known.prover !== undefined) {
      throw new WaypostError('ERR_FRAME_FORGED', `the frames of ${quote(id)} must be authenticated`);
    }
    this.#charge(this.#devices, id);
    const { state } = known;
    const number = { epoch: 0, counter: (state.sequence?.counter ?? -1) + 1 };
    const contentHash = this.#options.primitives.sha256(bytes);
    const sequence = withFrame(state.sequence, number, contentHash.subarray(0, SHORT_HASH_BYTES));
    const next = { ...state, sequence, lastReceivedMs: moment.nowMs };
    await this.#store(known, next, { number, format, pack: bytes, content: bytes, contentHash, moment });
    return { result: 'stored' };
  }

  /** The short hash of what was proven. Throws ERR_FRAME_FORGED. */
  #verified(prover: Prover, { header, protectedBytes, payload, proof }: CoseMessage, aad: Uint8Array): Uint8Array {
    const toProve = toBeProven(header.algorithm, protectedBytes, aad, payload);
    if (!prover.verify(toProve, proof)) {
      throw new WaypostError('ERR_FRAME_FORGED', `the proof of a frame of ${quote(header.kid)} does not verify`);
    }
    return this.#options.primitives.sha256(toProve).slice(0, SHORT_HASH_BYTES);
  }

  #charge(buckets: TokenBuckets, whom: string): void {
    const waitMs = buckets.take(whom);
    if (waitMs === 0) return;
    const what = `${quote(whom)} sends more frames than it may`;
    throw new WaypostError('ERR_RATE_LIMIT', what, { retryable: true, retryAfterMs: waitMs });
  }

  #moment(): Moment {
    const { clock } = this.#options;
    return { nowMs: clock.nowMs(), quality: clock.quality() };
  }
}

/** The base name of a pack as the id of its device: without the character that separates names (RFC 8428, 4.5.1). */
function idIn(baseName: string | undefined): string {
  const id = baseName?.replace(/[:/_.-]+$/, '') ?? '';
  if (id !== '') return id;
  throw new WaypostError('ERR_FRAME_MALFORMED', 'a SenML pack without authentication has no base name of a device');
}

async function settle(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    return { error: toWaypostError(error) };
  }
}

function toWaypostError(error: unknown): WaypostError {
  if (isWaypostError(error)) return error;
  return new WaypostError('ERR_INTERNAL', `handling a frame failed: ${String(error)}`, { cause: error });
}
