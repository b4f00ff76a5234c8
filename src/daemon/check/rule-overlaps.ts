import { matchesAny } from '../../core/wildcard.js';
import type { SensorRule } from '../config/schema.js';
import { shorten } from '../measures.js';
import { type Finding, warning } from './finding.js';

const FIX = 'let them differ in devices or quantities; a rule for alarms alone (oneIn: 0) may overlap';

/**
 * Rules by which an agent gets readings twice, in the same format. One that only adds what is beyond a threshold is meant to: it is
 * sooner than the other. `deviceIds`: those that are registered, as far as they are known; patterns are compared in any case.
 */
export function checkOverlaps(rules: readonly SensorRule[], deviceIds: readonly string[]): readonly Finding[] {
  const sampling = rules.filter(({ oneIn }) => oneIn > 0);
  return sampling.flatMap((rule, index) =>
    sampling.slice(index + 1).flatMap((other) => {
      const agent = rule.agents.find((did) => other.agents.includes(did));
      const device = inBoth(rule.devices, other.devices, deviceIds);
      if (agent === undefined || device === undefined || rule.format !== other.format) return [];
      if (!chooseTheSame(rule.quantities, other.quantities)) return [];
      const whom = `${device} to ${shorten(agent)}`;
      return [
        warning(`The rules ${rule.name} and ${other.name} both send readings of ${whom}, which gets them twice.`, FIX),
      ];
    }),
  );
}

/** None: all of them. */
function chooseTheSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === 0 || others.length === 0 || inBoth(some, others, []) !== undefined;
}

/** Something that both match. A pattern stands for itself: what matches it as a text matches all that it does. */
function inBoth(some: readonly string[], others: readonly string[], known: readonly string[]): string | undefined {
  return [...known, ...some, ...others].find((text) => matchesAny(some, text) && matchesAny(others, text));
}
