import { isWaypostError } from '../../core/errors.js';
import { createAdminClient } from '../admin/client.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { readAdminToken } from '../data-folder/admin-token.js';
import type { DataFolder } from '../data-folder/layout.js';
import { findIdentity } from '../identity/identity-file.js';
import type { Environment } from '../io.js';
import type { Machine } from '../machine.js';
import type { Operator } from '../operator/operator.js';
import type { PublicUrl } from '../public-url.js';
import { readRuntime } from '../run/runtime-file.js';
import { checkBluetooth } from './bluetooth.js';
import { checkConfiguration } from './configuration.js';
import { checkDataFolder } from './data-folder.js';
import { type Check, type CheckContext, type CheckGroup, error } from './finding.js';
import { checkClock, checkNode, checkPower } from './machine.js';
import { checkMqtt } from './mqtt.js';
import { checkNetwork } from './network.js';
import { checkRadio } from './radio.js';
import { checkSensors } from './sensors.js';
import { checkSerial } from './serial.js';

const CHECKS: readonly (readonly [string, readonly Check[]])[] = [
  ['Machine', [checkNode, checkPower]],
  ['Data folder', [checkDataFolder]],
  ['Configuration', [checkConfiguration]],
  ['Clock', [checkClock]],
  ['Internet', [checkNetwork]],
  ['Sensors', [checkSensors]],
  ['MQTT', [checkMqtt]],
  ['Radios and lines', [checkRadio, checkBluetooth, checkSerial]],
];

export interface CheckOptions {
  readonly machine: Machine;
  readonly folder: DataFolder;
  readonly env: Environment;
  readonly nowMs: number;
  readonly passphrase: string | undefined;
}

/** Looks at everything that a gateway depends on, and changes nothing. */
export async function runChecks(options: CheckOptions): Promise<readonly CheckGroup[]> {
  const context = await toContext(options);
  const groups: CheckGroup[] = [];
  for (const [group, checks] of CHECKS) {
    const findings = [];
    for (const check of checks) findings.push(...(await guarded(check, context)));
    groups.push({ group, findings });
  }
  return groups;
}

export function hasErrors(groups: readonly CheckGroup[]): boolean {
  return groups.some(({ findings }) => findings.some(({ level }) => level === 'error'));
}

/** One check that cannot be made says so, and the others go on. */
async function guarded(check: Check, context: CheckContext): ReturnType<Check> {
  try {
    return await check(context);
  } catch (cause) {
    if (!isWaypostError(cause)) throw cause;
    return [error(cause.message)];
  }
}

async function toContext({ machine, folder, env, nowMs, passphrase }: CheckOptions): Promise<CheckContext> {
  const config = await attempted(() => loadConfig({ file: folder.config, env }));
  const identity = await attempted(() => findIdentity(folder, passphrase));
  const publicUrls: readonly PublicUrl[] | undefined = identity.value?.current.publicUrls;
  const loaded: LoadedConfig | undefined = config.value;
  const running = (await attempted(() => findRunning(folder))).value;
  return { machine, folder, env, nowMs, loaded, configError: config.error, publicUrls, running };
}

async function findRunning(folder: DataFolder): Promise<Operator | undefined> {
  const [runtime, token] = [await readRuntime(folder), await readAdminToken(folder)];
  return runtime?.admin == null || token === undefined ? undefined : createAdminClient(runtime.admin, token);
}

async function attempted<T>(
  action: () => Promise<T>,
): Promise<{ readonly value?: T; readonly error: string | undefined }> {
  try {
    return { value: await action(), error: undefined };
  } catch (cause) {
    if (isWaypostError(cause)) return { error: cause.message };
    throw cause;
  }
}
