import { silentLogger } from '../../src/core/logger.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { toNewDevice } from '../../src/sensor/device.js';
import type { DeviceFrame, Outlet } from '../../src/sensor/reading.js';
import { createSensors, type SensorPeer, type SensorsOptions } from '../../src/sensor/sensors.js';
import { SENSOR_SPACES } from '../../src/sensor/spaces.js';
import { DEFAULT_LIMITS, type StoreLimits } from '../../src/store/limits.js';
import { MemoryEngine } from '../../src/store/memory-engine.js';
import { reopenMemoryStore } from '../../src/store/memory-store.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { createArrival } from '../../src/transport/arrival.js';
import { ManualClock } from './manual-clock.js';
import type { SensorDevice } from './sensor-device.js';

/** What a device sees of what became of its frame. */
interface Settled {
  readonly code: string | undefined;
  readonly reply: Uint8Array | undefined;
}

/** An outlet that shows what it was given. */
export class Witness implements Outlet {
  readonly frames: DeviceFrame[] = [];
  operations = async () => [];
  stored(frame: DeviceFrame): void {
    this.frames.push(frame);
  }
}

export interface HubOptions extends Partial<SensorsOptions> {
  readonly storeLimits?: Partial<StoreLimits>;
  readonly wrapStore?: (store: MessageStore) => MessageStore;
}

/** Sensors on a store in memory that outlives them. */
export function openSensorHub(options: HubOptions = {}) {
  const clock = new ManualClock();
  const limits = { ...DEFAULT_LIMITS, ...options.storeLimits };
  const engine = new MemoryEngine(limits, SENSOR_SPACES);
  const witness = new Witness();
  const open = () => {
    const opened = reopenMemoryStore(engine, { clock, limits, spaces: SENSOR_SPACES });
    const store = options.wrapStore?.(opened) ?? opened;
    const primitives = createNodePrimitives();
    const sensors = createSensors({
      primitives,
      clock,
      logger: silentLogger,
      outlets: [witness],
      ...options,
      store,
    });
    return { store, sensors };
  };
  let running = open();
  const hub = {
    clock,
    witness,
    get sensors() {
      return running.sensors;
    },
    get store() {
      return running.store;
    },
    /** Power off and on. */
    restart() {
      running = open();
    },
    async register(device: SensorDevice, more: { location?: string; baseName?: string; baseUnit?: string } = {}) {
      const registered = await running.sensors.devices.add(toNewDevice({ ...device.registration, ...more }));
      if (registered.answerKey !== null) device.trust(registered.answerKey);
      return registered;
    },
    async send(bytes: Uint8Array, peer: SensorPeer = linePeer(), mediaType?: string): Promise<Settled> {
      let settled: Settled | undefined;
      const arrival = createArrival({ bytes, mediaType, canReply: peer.canReply }, ({ reason, reply }) => {
        settled = { code: reason?.code, reply };
      });
      await running.sensors.take(arrival, peer);
      if (settled === undefined) throw new Error('an arrival was not settled');
      return settled;
    },
    /** Sends a frame and gives the code of its answer, as the device verified it; undefined when there is none. */
    async answerTo(device: SensorDevice, bytes: Uint8Array): Promise<unknown> {
      return device.open((await hub.send(bytes)).reply)?.[1];
    },
  };
  return hub;
}

/** A line on which messages go both ways; `sent` is what went back unasked. */
export function linePeer(): SensorPeer & { readonly sent: Uint8Array[]; close(): void } {
  const sent: Uint8Array[] = [];
  const closing: (() => void)[] = [];
  return {
    source: 'serial:/dev/test',
    canReply: true,
    sent,
    send: async (message) => void sent.push(message),
    onClose: (run) => closing.push(run),
    close: () => {
      for (const run of closing) run();
    },
  };
}
