import type { ClockQuality } from '../core/clock.js';
import type { Device } from './device.js';
import type { DeviceFrame } from './reading.js';
import { readSenml, type SenmlBase, type SenmlFormat } from './senml.js';
import type { FrameNumber } from './sequence.js';

/** The moment that something came. */
export interface Moment {
  readonly nowMs: number;
  readonly quality: ClockQuality;
}

/** A pack of readings that may be believed, as far as its device is. */
export interface ArrivedPack {
  readonly number: FrameNumber;
  readonly format: SenmlFormat;
  readonly pack: Uint8Array;
  /** The whole frame, and its SHA-256. */
  readonly content: Uint8Array;
  readonly contentHash: Uint8Array;
  /** Of an authentic frame. */
  readonly externalAad?: Uint8Array;
  readonly moment: Moment;
}

/** What is known of a frame, its times resolved. Throws what {@link readSenml} throws. */
export function toDeviceFrame(device: Device, arrived: ArrivedPack): DeviceFrame {
  const { number, format, pack, content, contentHash, externalAad, moment } = arrived;
  const { id, authentication, location } = device;
  const { readings, isTimed } = readSenml(pack, format, moment.nowMs, baseOf(device));
  return {
    deviceId: id,
    ...number,
    attestedBy: authentication === 'plain' ? 'gateway' : 'device',
    receivedAtMs: moment.nowMs,
    clockQuality: moment.quality,
    timeFrom: isTimed ? 'device' : 'gateway',
    content,
    contentHash,
    ...(externalAad === undefined ? {} : { externalAad }),
    ...(location === undefined ? {} : { location }),
    readings,
  };
}

function baseOf({ baseName, baseUnit }: Device): SenmlBase {
  return {
    ...(baseName === undefined ? {} : { name: baseName }),
    ...(baseUnit === undefined ? {} : { unit: baseUnit }),
  };
}
