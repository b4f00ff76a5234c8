import type { Logger } from '../../core/logger.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Operation } from '../../store/message-store.js';
import { epcisUnit } from '../epcis/units.js';
import type { DeviceFrame, Outlet, Reading } from '../reading.js';
import { type Rule, select } from './rule.js';
import { streamsOf } from './stream.js';
import type { Thinning } from './thinning.js';
import { encodeWaiting, toWaiting } from './waiting.js';

interface RuleOutletOptions {
  readonly rules: readonly Rule[];
  readonly primitives: Primitives;
  readonly thinning: Pick<Thinning, 'makeRoom'>;
  readonly logger: Logger;
  /** Something waits in a stream, of so many bytes. */
  readonly onWaiting: (stream: string, bytes: number) => void;
}

/** Devices can say anything. */
const MAX_UNITS = 100;

/** Queues what rules make of a frame, in the transaction that stores the frame. */
export class RuleOutlet implements Outlet {
  readonly #options: RuleOutletOptions;
  /** What is told when the frame is stored. */
  readonly #waiting = new WeakMap<DeviceFrame, readonly (readonly [stream: string, bytes: number])[]>();
  readonly #unitsWithoutCode = new Map<string, number>();
  #unwanted = 0;

  constructor(options: RuleOutletOptions) {
    this.#options = options;
  }

  /** Frames since the start of devices that no rule is about: they are acknowledged, and nothing is made of them. */
  get unwanted(): number {
    return this.#unwanted;
  }

  /** Readings since the start whose unit has no code of UN/CEFACT Recommendation 20, by unit. */
  get unitsWithoutCode(): ReadonlyMap<string, number> {
    return this.#unitsWithoutCode;
  }

  async operations(frame: DeviceFrame): Promise<readonly Operation[]> {
    const { rules, primitives, thinning, logger } = this.#options;
    const operations: Operation[] = [];
    const waiting: [string, number][] = [];
    let isWanted = false;
    for (const rule of rules) {
      const chosen = select(rule, frame);
      isWanted ||= chosen !== undefined;
      if (chosen === undefined || chosen.readings.length === 0) continue;
      if (rule.format === 'epcis') this.#countUnits(chosen.readings);
      const content = encodeWaiting(toWaiting(rule, frame, chosen, primitives));
      const common = {
        depositor: `device:${frame.deviceId}`,
        priority: 'normal',
        content,
        contentHash: primitives.sha256(content),
      } as const;
      for (const destination of streamsOf(rule)) {
        operations.push({ kind: 'put', message: { ...common, destination } });
        waiting.push([destination, content.length]);
      }
    }
    if (!isWanted) {
      this.#unwanted++;
      logger.debug('sensor.unwanted', { device: frame.deviceId });
    }
    await thinning.makeRoom(waiting.map(([stream]) => stream));
    this.#waiting.set(frame, waiting);
    return operations;
  }

  #countUnits(readings: readonly Reading[]): void {
    const counts = this.#unitsWithoutCode;
    for (const { unit } of readings) {
      if (unit === undefined || epcisUnit(unit) !== undefined) continue;
      if (counts.has(unit) || counts.size < MAX_UNITS) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    }
  }

  stored(frame: DeviceFrame): void {
    for (const [stream, bytes] of this.#waiting.get(frame) ?? []) this.#options.onWaiting(stream, bytes);
  }
}
