import { isWaypostError } from '../../core/errors.js';
import { type BrokerAddress, brokerAddress } from '../broker-address.js';
import type { Machine } from '../machine.js';
import { readAuthorities } from '../run/mqtt-authorities.js';
import { type Check, error, type Finding, note, ok, warning } from './finding.js';

/** What stands in the way of MQTT, where the gateway is to use it. A connection to each broker is opened and closed. */
export const checkMqtt: Check = async ({ machine, loaded, running }) => {
  if (loaded === undefined) return [];
  const { listen, brokers, broker } = loaded.config.mqtt;
  const secret = new Set(
    brokers.filter(({ password }) => password !== undefined).map(({ origin }) => brokerAddress(origin).origin),
  );
  const used = [...listen, ...brokers.map(({ origin }) => origin)].map(brokerAddress);
  const findings: Finding[] = [];
  for (const at of new Map(used.map((each) => [each.origin, each])).values()) {
    findings.push(await checkBroker(machine, at));
    if (!at.isEncrypted && secret.has(at.origin) && !isLoopback(at.host)) {
      const what = `${at.origin} gets a password that everybody on the way can read.`;
      findings.push(warning(what, 'use mqtts:// or mqtt+wss://'));
    }
  }
  for (const { origin, ca } of brokers) if (ca !== undefined) findings.push(...(await checkAuthorities(origin, ca)));
  for (const { address, lastError } of (await running?.status())?.mqtt ?? []) {
    if (lastError !== null) findings.push(warning(`${address} is not connected: ${lastError}.`));
  }
  if (broker.listen === 'off') return findings;
  if (broker.users.length === 0) {
    findings.push(
      error('The embedded broker lets nobody in: mqtt.broker.users is empty.', 'waypost config hash-password'),
    );
  }
  for (const { name, publish, subscribe, password } of broker.users) {
    if (password === '')
      findings.push(error(`${name} has no password, and cannot log in.`, 'waypost config hash-password'));
    else if (publish.length + subscribe.length === 0)
      findings.push(warning(`${name} may neither publish nor subscribe.`));
  }
  if (!isLoopback(broker.listen.host)) {
    findings.push(note('The embedded broker is not encrypted: who is on this network can read passwords and topics.'));
  }
  return findings;
};

async function checkBroker(machine: Machine, { origin, host, port }: BrokerAddress): Promise<Finding> {
  const failure = await machine.connect(host, port);
  if (failure === undefined) return ok(`${origin} answers.`);
  return warning(`${origin} cannot be reached (${failure}). The gateway keeps trying.`);
}

/** The gateway does not start without them. */
async function checkAuthorities(origin: string, file: string): Promise<readonly Finding[]> {
  try {
    await readAuthorities(file);
    return [];
  } catch (cause) {
    if (!isWaypostError(cause)) throw cause;
    return [error(`${origin}: ${cause.message}.`, 'correct mqtt.brokers in the configuration')];
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
