import type { Problem } from './problem.js';
import type { Config } from './schema.js';

/** What is wrong with sensors and their rules although every value by itself is allowed. */
export function checkSensorSettings(config: Config): readonly Problem[] {
  const { framesPerSecond, framesBurst, placeFramesPerSecond, placeFramesBurst } = config.sensors;
  const tooFew = (name: string, of: string): Problem => ({
    at: ['sensors', name],
    message: `is less than sensors.${of}: no place may send what a device there may`,
  });
  return [
    ...(placeFramesPerSecond < framesPerSecond ? [tooFew('placeFramesPerSecond', 'framesPerSecond')] : []),
    ...(placeFramesBurst < framesBurst ? [tooFew('placeFramesBurst', 'framesBurst')] : []),
    ...checkRules(config),
  ];
}

function checkRules({ sensors, mediation, limits }: Config): readonly Problem[] {
  const names = sensors.rules.map(({ name }) => name);
  return sensors.rules.flatMap((rule, index) => {
    const at = ['sensors', 'rules', index];
    const problem = (name: string, isWrong: boolean, message: string): readonly Problem[] =>
      isWrong ? [{ at: [...at, name], message }] : [];
    const hasNoThreshold = rule.above === undefined && rule.below === undefined;
    return [
      ...problem('name', names.indexOf(rule.name) < index, `${rule.name} is the name of another rule already`),
      ...problem('agents', rule.agents.length === 0, 'a rule has at least one agent'),
      ...problem('devices', rule.devices.length === 0, 'a rule is about at least one device'),
      ...problem('oneIn', rule.oneIn === 0 && hasNoThreshold, 'with 0 a rule has a threshold: above or below'),
      ...problem(
        'batchBytes',
        rule.batchBytes * 2 > limits.messageBytes,
        'is more than half of limits.messageBytes: packing makes messages larger',
      ),
      ...problem(
        'waitingEvents',
        rule.sample === 'on' && rule.waitingEvents > mediation.queueMessages,
        `is more than mediation.queueMessages, ${mediation.queueMessages}: devices would be refused before anything is thinned`,
      ),
    ];
  });
}
