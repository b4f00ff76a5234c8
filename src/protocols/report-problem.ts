import { BoundedCache } from '../core/bounded-cache.js';
import type { ErrorCode, WaypostError } from '../core/errors.js';
import type { Protocol, Received, Reply } from './protocol.js';

/** Report Problem 2.0 (DIDComm v2.1, "Problem Reports"). */
const REPORT_PROBLEM = 'https://didcomm.org/report-problem/2.0';
export const PROBLEM_REPORT_TYPE = `${REPORT_PROBLEM}/problem-report`;

/** The problem code of an error: sorter (error), scope (protocol or message), descriptors. */
const PROBLEM_CODES: { readonly [code in ErrorCode]?: string } = {
  ERR_NOT_ALLOWED: 'e.p.trust',
  ERR_PROTOCOL_UNKNOWN: 'e.p.msg.unsupported',
  ERR_MESSAGE_MALFORMED: 'e.p.msg',
  ERR_INVALID_ARGUMENT: 'e.p.msg',
  ERR_DEVICE_UNKNOWN: 'e.p.req.device-unknown',
  ERR_DID_MALFORMED: 'e.p.did',
  ERR_DID_METHOD: 'e.p.did',
  ERR_NEXT_UNKNOWN: 'e.p.req.next-unknown',
  ERR_TOO_LARGE: 'e.p.me.res.storage.message_too_big',
  ERR_STORE_FULL: 'e.p.me.res.storage',
  ERR_QUOTA_RECIPIENT: 'e.p.me.res.storage',
  ERR_QUOTA_DEPOSITOR: 'e.p.me.res.storage',
  ERR_STORE_BUSY: 'e.p.me.res',
  ERR_RATE_LIMIT: 'e.p.req',
  ERR_DRAINING: 'e.p.me',
};
const OTHER_PROBLEM = 'e.p.me';

/** "comment text is fixed per code": what varies stays out, also because errors may speak of other people's DIDs. */
const COMMENTS: Readonly<Record<string, string>> = {
  'e.p.trust': 'The sender may not do this, or did not prove who it is.',
  'e.p.msg.unsupported': 'This protocol or message is not spoken here.',
  'e.p.msg': 'The message is malformed.',
  'e.p.did': 'A DID is malformed or of a method that is not supported.',
  'e.p.req.device-unknown': 'No such device is registered here.',
  'e.p.req.next-unknown': 'The DID in `next` is not registered here.',
  'e.p.me.res.storage.message_too_big': 'The message is too large.',
  'e.p.me.res.storage': 'There is no room for the message now.',
  'e.p.me.res': 'Too much is going on; try again later.',
  'e.p.req': 'Too many requests.',
  'e.p.me': 'It went wrong here; try again later.',
  'e.p.req.max-errors-exceeded': 'Too many errors in this thread; no more of them will be reported.',
  'e.m.live-mode-not-supported': 'Live mode needs a connection that stays open, such as a WebSocket.',
};

export interface Problem {
  readonly code: string;
  /** Defaults to the one of Report Problem 2.0; message pickup 4.0 has its own. */
  readonly type?: string;
}

/** A problem report about the thread of `received`. Worth nothing later: the requester repeats what it wants. */
export function problemReport(received: Received, problem: Problem): Reply {
  const thread = received.message.thid ?? received.message.id;
  const comment = COMMENTS[problem.code];
  return {
    type: problem.type ?? PROBLEM_REPORT_TYPE,
    body: { code: problem.code, ...(comment === undefined ? {} : { comment }) },
    // `pthid` is required; `thid` beside it is what clients look for that wait for the answer to a request.
    headers: { pthid: thread, thid: thread },
    mayWait: false,
  };
}

const MAX_ERRORS_PER_THREAD = 5;
const REMEMBERED_THREADS = 1000;

/** Turns errors into problem reports, and falls silent in a thread that goes wrong again and again. */
export class ProblemReporter {
  readonly #errors = new BoundedCache<string, number>(REMEMBERED_THREADS);

  /** Undefined where nobody may be answered: a stranger, or somebody who reports problems himself. */
  report(received: Received, error: WaypostError): Reply | undefined {
    if (received.sender === null || received.type.name === 'problemreport') return undefined;
    const thread = `${received.sender.did} ${received.message.thid ?? received.message.id}`;
    const count = (this.#errors.get(thread) ?? 0) + 1;
    this.#errors.set(thread, count);
    if (count > MAX_ERRORS_PER_THREAD) return undefined;
    const isLast = count === MAX_ERRORS_PER_THREAD;
    return problemReport(received, {
      code: isLast ? 'e.p.req.max-errors-exceeded' : (PROBLEM_CODES[error.code] ?? OTHER_PROBLEM),
    });
  }
}

/** Takes problem reports and never answers one: two agents that do so never stop. */
export function createReportProblem(onProblem: (received: Received) => void): Protocol {
  return {
    piuri: REPORT_PROBLEM,
    roles: ['notifier', 'notified'],
    async handle(received) {
      onProblem(received);
      return undefined;
    },
  };
}
