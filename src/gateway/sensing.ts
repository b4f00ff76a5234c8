import { WaypostError } from '../core/errors.js';
import type { Protocol } from '../protocols/protocol.js';
import { createSensorRules, type SensorRules } from '../sensor/rules/sensor-rules.js';
import { createSensorData } from '../sensor/sensor-data/protocol.js';
import { createSensors, type Sensors } from '../sensor/sensors.js';
import { createAgentOutbox } from './agent-outbox.js';
import type { GatewayOptions } from './options.js';
import type { Outbox } from './outbox.js';
import type { Packer } from './packer.js';

/** Devices, and what becomes of their readings. */
export interface Sensing {
  readonly sensors: Sensors;
  readonly rules: SensorRules;
}

/** Undefined for a gateway without sensors. */
export function createSensing(options: GatewayOptions, packer: Packer, outbox: Outbox): Sensing | undefined {
  const { store, primitives, clock, scheduler, logger, resolver, fromPrior } = options;
  if (options.sensors === undefined) return undefined;
  const configured = options.sensorRules?.rules ?? [];
  const rules = createSensorRules({
    rules: configured,
    store,
    outbox: createAgentOutbox({ packer, outbox, resolver, ownDid: options.dids[0], fromPrior }),
    primitives,
    clock,
    scheduler,
    logger,
  });
  // What rules left is sent also when there are none any more; readings are kept then.
  const outlets = configured.length === 0 ? {} : { outlets: [rules.outlet] };
  return { rules, sensors: createSensors({ ...outlets, ...options.sensors, store, primitives, clock, logger }) };
}

/** What agents say to devices, where there may be any. `sensing` is asked when one does. */
export function sensorProtocols(options: GatewayOptions, sensing: () => Sensing | undefined): readonly Protocol[] {
  if (options.sensors === undefined) return [];
  const commanders = new Set((options.sensorRules?.commanders ?? []).map((did) => options.resolver.canonical(did)));
  const protocol = createSensorData({
    mayCommand: (did) => commanders.has(did),
    async command(deviceId, command) {
      const sensors = sensing()?.sensors;
      if (sensors === undefined) throw new WaypostError('ERR_INTERNAL', 'a command came before there were sensors');
      return sensors.command(deviceId, command);
    },
  });
  return [protocol];
}
