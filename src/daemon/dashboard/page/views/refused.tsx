import { countOf, showDuration } from '../../../measures.js';
import type { Status } from '../api.js';
import { Did, Problem } from '../parts.js';

interface Explanation {
  readonly what: string;
  readonly fix: string;
}

/** What helps against the refusals that somebody here can do something about; the log has the others. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ERR_STORE_FULL: {
    what: 'the storage or its disk is full',
    fix: 'let recipients fetch, carry messages away on a stick, or purge a queue',
  },
  ERR_QUOTA_RECIPIENT: {
    what: 'the queue of a recipient is full',
    fix: 'let the recipient fetch, or raise mediation.queueMessages or mediation.queueBytes',
  },
  ERR_QUOTA_DEPOSITOR: {
    what: 'a sender has as much here as it may',
    fix: 'let recipients fetch, or raise mediation.senderMessages or mediation.senderBytes',
  },
  ERR_NEXT_UNKNOWN: {
    what: 'they are for somebody who is not registered here',
    fix: 'pair the recipient: it must follow an invitation of this gateway',
  },
  ERR_NOT_ALLOWED: {
    what: 'the sender may not do what it asks for',
    fix: 'show it an invitation, or look at mediation.admission in the configuration',
  },
  ERR_TOO_LARGE: { what: 'they are too large', fix: 'limits.messageBytes in the configuration, up to 8 MiB' },
  ERR_RATE_LIMIT: { what: 'they came too fast', fix: 'limits.requestsPerSecond in the configuration' },
  ERR_EXPIRED: { what: 'they came too late for their own end date', fix: 'look at the clocks, here and of the sender' },
  ERR_JWE_NO_RECIPIENT: {
    what: 'they were made for other keys than those of this gateway',
    fix: 'pair the sender anew: it may know an older DID, or another gateway',
  },
};

const OTHERS: Explanation = { what: 'they are malformed, forged or not understood', fix: 'look at the log' };

/** What was not taken, why, and what helps. */
export function Refused({ status: { refused, refusals } }: { status: Status }) {
  const codes = Object.entries(refused).sort(([, one], [, other]) => other - one);
  if (codes.length + refusals.length === 0) return null;
  return (
    <section aria-labelledby="refused">
      <h2 id="refused">Refused since the start</h2>
      {refusals.map(({ destination, code, message, times, agoMs }) => (
        <Problem key={destination} fix={EXPLANATIONS[code]?.fix}>
          No room for <Did did={destination} />: refused {times === 1 ? 'once' : `${times} times`}, the last time{' '}
          {showDuration(agoMs)} ago: {message}
        </Problem>
      ))}
      <ul class="plain">
        {codes.map(([code, count]) => {
          const { what, fix } = EXPLANATIONS[code] ?? OTHERS;
          return (
            <li key={code}>
              {countOf(count, 'message')}: {what} (<code>{code}</code>). What helps: {fix}.
            </li>
          );
        })}
      </ul>
    </section>
  );
}
