import type { Rule, RuleFormat } from './rule.js';

/**
 * What waits under a rule for one agent: a queue of the store, in the order in which frames came. Everything that is
 * needed to send it stands in the name of the queue, so that a rule may be changed or taken away, and what waits still goes
 * to whom it was promised, as it was promised.
 */
export interface Stream {
  readonly rule: string;
  readonly format: RuleFormat;
  readonly hasEvidence: boolean;
  readonly isSigned: boolean;
  /** DID, as it spells itself. */
  readonly agent: string;
}

/** Every name of a stream begins so. */
export const STREAM_PREFIX = 'events:';

/** `events:<rule>:<format>[+evidence][+signed]:<DID>` */
const NAME = /^events:([\w-]{1,60}):(epcis|senml)(\+evidence)?(\+signed)?:(did:.+)$/;

function streamName({ rule, format, hasEvidence, isSigned, agent }: Stream): string {
  return `${STREAM_PREFIX}${rule}:${format}${hasEvidence ? '+evidence' : ''}${isSigned ? '+signed' : ''}:${agent}`;
}

/** Undefined for the name of another queue. */
export function parseStream(name: string): Stream | undefined {
  const [, rule, format, evidence, signed, agent] = NAME.exec(name) ?? [];
  if (rule === undefined || agent === undefined || (format !== 'epcis' && format !== 'senml')) return undefined;
  return { rule, format, hasEvidence: evidence !== undefined, isSigned: signed !== undefined, agent };
}

/** The streams of a rule, one for each agent. */
export function streamsOf({ name, format, hasEvidence, isSigned, agents }: Rule): readonly string[] {
  return agents.map((agent) => streamName({ rule: name, format, hasEvidence, isSigned, agent }));
}
