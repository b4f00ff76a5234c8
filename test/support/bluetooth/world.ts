import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { Computer } from '../../../firmware-sim/bluetooth/computer.js';
import { type ControllerOptions, VirtualController } from '../../../firmware-sim/bluetooth/controller.js';
import { hciSocketClass } from '../../../firmware-sim/bluetooth/hci-socket.js';
import { keepRealTime, runUntil } from '../../../firmware-sim/bluetooth/pace.js';
import { loadBluetoothPackage, stopBluetoothPackage } from '../../../firmware-sim/bluetooth/packages.js';
import { Radio, type RadioOptions } from '../../../firmware-sim/bluetooth/radio.js';
import type { ReceiveBufferOptions } from '../../../firmware-sim/bluetooth/receive-buffer.js';
import { Timeline } from '../../../firmware-sim/bluetooth/timeline.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { createScheduler } from '../../../src/core/scheduler.js';
import type { Bleno, Family, Noble, NoblePeripheral } from './packages.js';
import { WatchedWork } from './watched-work.js';

type WorldOptions = Omit<RadioOptions, 'timeline' | 'random'> & { readonly seed?: number };
type DeviceOptions = Omit<ControllerOptions, 'radio' | 'address'> & Omit<ReceiveBufferOptions, 'timeline'>;

/** A computer with one adapter, `hci0`. */
interface Device {
  readonly computer: Computer;
  readonly controller: VirtualController;
}

/** A place with radios in it, in simulated time; programs that were started in it stop with their test. */
export class World {
  readonly timeline = new Timeline();
  readonly radio: Radio;
  /** Disks and threads that the programs here use. */
  readonly realWork = new WatchedWork();
  #devices = 0;

  constructor({ seed = 1, ...options }: WorldOptions = {}) {
    this.radio = new Radio({ timeline: this.timeline, random: seededRandom(seed), ...options });
  }

  device(options: DeviceOptions = {}): Device {
    const address = `c0:ff:ee:00:00:${(++this.#devices).toString(16).padStart(2, '0')}`;
    const controller = new VirtualController({ radio: this.radio, address, ...options });
    const computer = new Computer({ timeline: this.timeline, ...options });
    computer.plug(0, controller);
    return { computer, controller };
  }

  noble(device: Device, family: Family): Noble {
    return this.#start(device, `@${family}/noble`) as Noble;
  }

  bleno(device: Device, family: Family): Bleno {
    return this.#start(device, `@${family}/bleno`) as Bleno;
  }

  /** Lets time pass as fast as it goes until `outcome` is there; it stands still while {@link realWork} goes on. */
  run<T>(outcome: Promise<T>, limitMs = 3_600_000): Promise<T> {
    return runUntil(this.timeline, outcome, { limitMs, realWork: this.realWork });
  }

  /** Lets time pass as it does outside, or `speed` times as fast, until the test is over. */
  followRealTime(speed = 1): void {
    const scheduler = createScheduler();
    const following = keepRealTime(this.timeline, { scheduler, monotonicMs: () => performance.now(), speed });
    onTestFinished(() => following[Symbol.dispose]());
  }

  /** Resolves so many milliseconds of simulated time later. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.timeline.after(ms, resolve));
  }

  #start(device: Device, name: `@${Family}/${'noble' | 'bleno'}`): unknown {
    const instance = loadBluetoothPackage(name, hciSocketClass(device.computer));
    onTestFinished(() => stopBluetoothPackage(instance));
    return instance;
  }
}

/**
 * Resolves when a noble or bleno is in `state`. Listening is what starts it, and bleno may emit its first state before
 * the listener is there.
 */
export async function inState(instance: Noble | Bleno, state: string): Promise<void> {
  for (;;) {
    const change = once(instance, 'stateChange');
    if (instance.state === state) return;
    await change;
  }
}

/** Scans until an advertiser of `serviceUuid` is found. */
export async function find(noble: Noble, serviceUuid: string): Promise<NoblePeripheral> {
  const found = once(noble, 'discover');
  await noble.startScanningAsync([serviceUuid], false);
  const [peripheral] = await found;
  await noble.stopScanningAsync();
  return peripheral;
}
