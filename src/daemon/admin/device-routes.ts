import { isJsonObject } from '../../core/json.js';
import { toPublicJwk } from '../../crypto/jwk.js';
import type { DeviceCommand } from '../../sensor/command.js';
import type { NewDevice } from '../../sensor/device.js';
import { invalid, listOf, objectOf, pageOf, type Route, textOf } from './requests.js';

/** The part of the admin API that is about sensor devices. */
export const DEVICE_ROUTES: { readonly [route: string]: Route } = {
  'GET /api/devices': (operator, { query }) => operator.devices(pageOf(query)),
  'POST /api/devices/add': (operator, { body }) => operator.addDevices(listOf(objectOf(body).devices)),
  async 'POST /api/devices/remove'(operator, { body }) {
    return { removed: await operator.removeDevice(textOf(objectOf(body).id)) };
  },
  'POST /api/devices/rekey'(operator, { body }) {
    const { id, key } = objectOf(body);
    return operator.rekeyDevice(textOf(id), keyOf(key));
  },
  async 'POST /api/devices/command'(operator, { body }) {
    const { id, command } = objectOf(body);
    return { number: await operator.commandDevice(textOf(id), commandOf(objectOf(command))) };
  },
};

function keyOf(value: unknown): NewDevice['key'] {
  if (value === undefined) return undefined;
  return isJsonObject(value) ? toPublicJwk(value, 'a public key') : textOf(value);
}

function commandOf({ kind, seconds }: Record<string, unknown>): DeviceCommand {
  if (kind === 'ping') return { kind };
  if (kind === 'set-interval' && typeof seconds === 'number') return { kind, seconds };
  throw invalid('a command is neither a ping nor an interval');
}
