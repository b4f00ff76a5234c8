import { LINK_PROFILES, type LinkProfile } from '../../../firmware-sim/index.js';
import { quote, WaypostError } from '../../core/errors.js';

const PROFILES: ReadonlyMap<string, LinkProfile> = new Map(Object.entries(LINK_PROFILES));

/** Throws ERR_USAGE with the names that there are. */
export function findProfile(name: string): LinkProfile {
  const profile = PROFILES.get(name);
  if (profile !== undefined) return profile;
  throw new WaypostError('ERR_USAGE', `${quote(name)} is no profile; there are ${[...PROFILES.keys()].join(', ')}`);
}

/** Names, rates and what they are like, for people. */
export function showProfiles(): string {
  const lines = [...PROFILES].map(
    ([name, { baudRate, description }]) => `${name.padEnd(14)}${String(baudRate).padStart(7)} baud  ${description}`,
  );
  return `${lines.join('\n')}\n`;
}
