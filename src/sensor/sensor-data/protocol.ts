import { quote, WaypostError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { bodyOf, countIn } from '../../protocols/body.js';
import type { Protocol } from '../../protocols/protocol.js';
import { provenSender, unknownMessage } from '../../protocols/sender.js';
import type { DeviceCommand } from '../command.js';
import { SENSOR_DATA } from './messages.js';

export interface SensorDataOptions {
  /** Whether the owner of a canonical DID may command devices. */
  mayCommand(did: string): boolean;
  /**
   * Queues a command for a device; durable when it resolves, to the number that the device reports on it with. Throws a
   * WaypostError for an unknown device or an argument out of range.
   */
  command(deviceId: string, command: DeviceCommand): Promise<number>;
}

/** Sensor data 0.1, the gateway's side: what agents may ask of devices. Readings go out by rules, without being asked for. */
export function createSensorData({ mayCommand, command }: SensorDataOptions): Protocol {
  return {
    piuri: SENSOR_DATA,
    roles: ['gateway'],
    async handle(received) {
      if (received.type.name !== 'command') throw unknownMessage(received);
      const { did } = provenSender(received);
      if (!mayCommand(did)) throw new WaypostError('ERR_NOT_ALLOWED', `${quote(did, 200)} may not command devices`);
      const body = bodyOf(received.message);
      const { device } = body;
      if (typeof device !== 'string') throw malformed(`device is ${quote(device)}, not an id`);
      const number = await command(device, readCommand(body));
      return { type: `${SENSOR_DATA}/command-queued`, body: { device, number }, mayWait: true };
    },
  };
}

function readCommand(body: JsonObject): DeviceCommand {
  const { command } = body;
  if (command === 'ping') return { kind: 'ping' };
  if (command !== 'set-interval') throw malformed(`command is ${quote(command)}, not ping or set-interval`);
  const seconds = countIn(body, 'seconds');
  if (seconds === undefined) throw malformed('set-interval says no seconds');
  return { kind: 'set-interval', seconds };
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_MESSAGE_MALFORMED', `the body is malformed: ${why}`);
}
