import type { SensorEvent } from '../../../firmware-sim/index.js';

const SILENCE_TRIES = 3;

/** What happens to a simulated sensor, as a line for people. */
export function showSensorEvent(event: SensorEvent): string {
  switch (event.event) {
    case 'connected':
      return `Connected over ${event.address}.`;
    case 'disconnected':
      return `No connection: ${event.reason}.${event.retryInMs === 0 ? '' : ` Next try in ${seconds(event.retryInMs)}.`}`;
    case 'measured':
      return `Measured ${event.measurements.map(({ name, value, unit }) => `${name} ${value} ${unit}`).join(', ')}.`;
    case 'granted':
      return `The gateway gives it epoch ${event.epoch}${event.timeS === null ? '' : ' and tells it the time'}.`;
    case 'sent':
      return `Sent ${event.frame}, ${event.bytes} bytes${againText(event.tries)}.`;
    case 'acknowledged':
      return `Stored at the gateway: ${event.epoch}.${event.counter}, ${event.readings} readings, SHA-256 ${event.hash}.`;
    case 'busy':
      return `The gateway has no room for ${event.frame} now. Again in ${seconds(event.retryInMs)}.`;
    case 'refused':
      return `The gateway does not take ${event.frame}: ${event.reason}. Is the device registered there, with this key?`;
    case 'unproven':
      return `${event.bytes} bytes came that do not prove to be from the gateway, and are ignored. Is it the same key?`;
    case 'lost':
      return `${event.readings} readings are lost: ${event.why}.`;
    case 'dissolved':
      return `The readings of ${event.frames} frames go into new ones: ${event.why}.`;
    case 'command':
      return `Command ${event.number}: ${event.what}.`;
    case 'rebooted':
      return 'The power went and came.';
  }
}

/** Not every medium can say that a gateway does not want something. */
function againText(tries: number): string {
  if (tries === 1) return '';
  const hint = tries < SILENCE_TRIES ? '' : ': is the device registered at the gateway, with this key';
  return `, for the ${tries}. time${hint}`;
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
