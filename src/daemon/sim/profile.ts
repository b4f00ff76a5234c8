import {
  LINK_PROFILES,
  type LinkProfile,
  RADIO_PROFILES,
  type RadioProfile,
  SENSOR_SCENARIOS,
  type SensorScenario,
} from '../../../firmware-sim/index.js';
import { quote, WaypostError } from '../../core/errors.js';

/** Throws ERR_USAGE with the names that there are. */
export function findProfile<T>(profiles: Readonly<Record<string, T>>, name: string): T {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile !== undefined) return profile;
  throw new WaypostError('ERR_USAGE', `${quote(name)} is no profile; there are ${Object.keys(profiles).join(', ')}`);
}

/** All profiles by transport, and the scenarios of sensors, and what they are like, for people. */
export function showProfiles(): string {
  const lines = Object.entries<LinkProfile>(LINK_PROFILES).map(([name, { baudRate, description }]) =>
    row(name, `${baudRate} baud`, description),
  );
  const radios = Object.entries<RadioProfile>(RADIO_PROFILES).map(([name, { mtu, description }]) =>
    row(name, `MTU ${mtu}`, description),
  );
  const scenarios = Object.entries<SensorScenario>(SENSOR_SCENARIOS).map(([name, { description }]) =>
    row(name, '', description),
  );
  return `serial:\n${lines.join('')}ble, ble-dif:\n${radios.join('')}scenarios:\n${scenarios.join('')}`;
}

function row(name: string, measure: string, description: string): string {
  return `  ${name.padEnd(14)}${measure.padStart(12)}  ${description}\n`;
}
