import { isWaypostError } from '../../core/errors.js';
import { matchesAny } from '../../core/wildcard.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { createMemoryMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { findRoutes } from '../../envelope/route.js';
import { epcisUnit } from '../../sensor/epcis/units.js';
import { deviceUriOf } from '../../sensor/rules/device-uri.js';
import type { SensorRule } from '../config/schema.js';
import { networkMethods } from '../network-dids.js';
import type { Operator } from '../operator/operator.js';
import { type Check, error, type Finding, note, ok, warning } from './finding.js';
import { checkOverlaps } from './rule-overlaps.js';

const LONG_FORMS = 100;
const PAGE = 500;

/** Whether the rules of sensors fit the devices, and their agents can be found. */
export const checkSensors: Check = async ({ loaded, folder, running }) => {
  const rules = loaded?.config.sensors.rules ?? [];
  if (rules.length === 0) return [ok('No rule sends readings of sensors to agents; they are kept here.')];
  const resolver = createDidResolver({
    primitives: createNodePrimitives(),
    longForms: createMemoryMap(LONG_FORMS),
    methods: networkMethods({ allowAddress: loaded?.config.network.allowAddress ?? [], didCache: folder.dids }),
  });
  const findings: Finding[] = [];
  for (const agent of new Set(rules.flatMap(({ agents }) => agents))) findings.push(await checkAgent(resolver, agent));
  return [...findings, ...(await checkDevices(running, rules))];
};

async function checkAgent(resolver: Parameters<typeof findRoutes>[0], did: string): Promise<Finding> {
  const name = `The agent ${did.length > 60 ? `${did.slice(0, 60)}...` : did}`;
  try {
    const routes = await findRoutes(resolver, did);
    return routes.length > 0 ? ok(`${name} can be found.`) : withoutEndpoint(name);
  } catch (cause) {
    if (!isWaypostError(cause)) throw cause;
    if (cause.code === 'ERR_NO_SERVICE') return withoutEndpoint(name);
    const what = `${name} cannot be found: ${cause.message}.`;
    if (cause.retryable) return warning(`${what} Readings wait here until it can be.`);
    return error(what, 'correct sensors.rules in the configuration');
  }
}

function withoutEndpoint(name: string): Finding {
  return note(`${name} has no endpoint: its messages wait here until it fetches them.`);
}

/** What only the running gateway knows: its devices, and what they sent. */
async function checkDevices(running: Pick<Operator, 'devices' | 'status'> | undefined, rules: readonly SensorRule[]) {
  if (running === undefined) {
    return [...checkOverlaps(rules, []), note('Devices are compared with the rules while the gateway runs.')];
  }
  const devices = await allDevices(running);
  const ids = devices.map(({ id }) => id);
  const findings: Finding[] = [...checkOverlaps(rules, ids)];
  for (const rule of rules) {
    const matched = devices.filter(({ id }) => matchesAny(rule.devices, id));
    for (const pattern of rule.devices) {
      if (devices.some(({ id }) => matchesAny([pattern], id))) continue;
      findings.push(warning(`The rule ${rule.name} is about ${pattern}: no such device.`, 'waypost device add'));
    }
    if (rule.format === 'epcis') findings.push(...matched.flatMap((device) => checkNames(rule, device)));
  }
  const unwanted = devices.filter(({ id }) => !rules.some((rule) => matchesAny(rule.devices, id)));
  for (const { id } of unwanted) findings.push(warning(`No rule is about the device ${id}: what it sends is dropped.`));
  const { unitsWithoutCode = {} } = (await running.status()).rules ?? {};
  for (const [unit, count] of Object.entries(unitsWithoutCode))
    findings.push(withoutCode(`${count} readings were`, unit));
  return findings.length > 0 ? findings : [ok(`The rules fit the ${devices.length} registered devices.`)];
}

function checkNames(rule: SensorRule, { id, baseUnit }: Device): readonly Finding[] {
  const findings: Finding[] = [];
  try {
    deviceUriOf(rule, id);
  } catch (cause) {
    if (!isWaypostError(cause)) throw cause;
    findings.push(error(`${cause.message}. Its frames are refused until then.`, 'set deviceUri of the rule'));
  }
  if (baseUnit !== null && epcisUnit(baseUnit) === undefined) {
    findings.push(withoutCode(`The device ${id} measures`, baseUnit));
  }
  return findings;
}

function withoutCode(what: string, unit: string): Finding {
  return note(`${what} in ${unit}, which has no code in UN/CEFACT Recommendation 20: it travels as text in events.`);
}

type Device = Awaited<ReturnType<Operator['devices']>>[number];

async function allDevices(running: Pick<Operator, 'devices'>): Promise<readonly Device[]> {
  const devices: Device[] = [];
  for (;;) {
    const after = devices.at(-1)?.id;
    const page = await running.devices({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    devices.push(...page);
    if (page.length < PAGE) return devices;
  }
}
