import type { SensorRulesOption } from '../../gateway/options.js';
import type { SensorLimits } from '../../sensor/intake.js';
import type { Rule } from '../../sensor/rules/rule.js';
import type { Config, SensorRule } from '../config/schema.js';

/** What the configuration says of sensors, in the terms of the gateway. */
export function sensorRulesOf({ sensors }: Config): SensorRulesOption {
  return { rules: sensors.rules.map(toRule), commanders: sensors.commanders };
}

/** What devices may send, in the terms of the gateway. */
export function sensorLimitsOf({ sensors }: Config): Pick<SensorLimits, 'perDevice' | 'perSource'> {
  const { framesPerSecond, framesBurst, placeFramesPerSecond, placeFramesBurst } = sensors;
  return {
    perDevice: { perSecond: framesPerSecond, burst: framesBurst },
    perSource: { perSecond: placeFramesPerSecond, burst: placeFramesBurst },
  };
}

function toRule(rule: SensorRule): Rule {
  const { name, devices, quantities, agents, format, deviceUri, oneIn, above, below, waitingEvents } = rule;
  return {
    ...{ name, devices, quantities, format, deviceUri, oneIn, waitingEvents },
    agents: [...new Set(agents)],
    ...(above === undefined ? {} : { above }),
    ...(below === undefined ? {} : { below }),
    types: new Map(rule.types.map(splitType)),
    hasEvidence: rule.evidence === 'frames',
    isSigned: rule.signed === 'on',
    maySample: rule.sample === 'on',
    batch: { events: rule.batchEvents, bytes: rule.batchBytes, ageMs: rule.batchSeconds * 1000 },
  };
}

function splitType(text: string): readonly [name: string, type: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}
