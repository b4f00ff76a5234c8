import { WaypostError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import type { Operator } from '../operator/operator.js';

/** A request to the API, its body parsed. */
interface ApiRequest {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

type Route = (operator: Operator, request: ApiRequest) => Promise<unknown>;

const MAX_PAGE = 1000;

/** The admin API: method and path, and what each does. The client is `client.ts`. */
export const ROUTES: { readonly [route: string]: Route } = {
  'GET /api/status': (operator) => operator.status(),
  'GET /api/peers': (operator) => operator.peers(),
  'GET /api/queues': (operator, { query }) => operator.queues(pageOf(query)),
  'GET /api/messages': (operator, { query }) => operator.messages(textOf(query.get('destination')), pageOf(query)),
  'GET /api/why': (operator, { query }) => operator.why(textOf(query.get('id'))),
  async 'POST /api/purge'(operator, { body }) {
    const { destination, ids } = objectOf(body);
    return { purged: await operator.purge(textOf(destination), ids === undefined ? undefined : textsOf(ids)) };
  },
  'POST /api/invitations': (operator, { body }) => {
    const { goal } = objectOf(body);
    return operator.invite(goal === undefined ? undefined : textOf(goal));
  },
  async 'POST /api/invitations/revoke'(operator, { body }) {
    await operator.revoke(textOf(objectOf(body).id));
    return {};
  },
  'POST /api/courier/offer'(operator, { body }) {
    const { destination, after } = objectOf(body);
    return operator.offer(textOf(destination), after === undefined ? undefined : textOf(after));
  },
  'POST /api/courier/take'(operator, { body }) {
    const { content, isForAnybody } = objectOf(body);
    return operator.take(textOf(content), isForAnybody === true);
  },
  async 'POST /api/courier/receipt'(operator, { body }) {
    const { to, hashes } = objectOf(body);
    return { receipt: await operator.receipt(textOf(to), textsOf(hashes)) };
  },
  'POST /api/courier/gone': (operator, { body }) => operator.gone(textsOf(objectOf(body).hashes)),
};

function pageOf(query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? MAX_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw invalid(`limit is from 1 to ${MAX_PAGE}`);
  const after = query.get('after');
  return after === null ? { limit } : { limit, after };
}

function objectOf(value: unknown): Record<string, unknown> {
  if (isJsonObject(value)) return value;
  throw invalid('the body is not a JSON object');
}

function textOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid('a text is missing');
}

function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(textOf);
  throw invalid('ids is not a list');
}

function invalid(what: string): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', what);
}
