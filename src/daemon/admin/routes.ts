import { DEVICE_ROUTES } from './device-routes.js';
import { objectOf, pageOf, type Route, secondsOf, textOf, textsOf } from './requests.js';

/** The admin API: method and path, and what each does. The client is `client.ts`. */
export const ROUTES: { readonly [route: string]: Route } = {
  ...DEVICE_ROUTES,
  'GET /api/status': (operator) => operator.status(),
  'GET /api/peers': (operator) => operator.peers(),
  'GET /api/accounts': (operator, { query }) => operator.accounts(pageOf(query)),
  'GET /api/queues': (operator, { query }) => operator.queues(pageOf(query)),
  'GET /api/messages': (operator, { query }) => operator.messages(textOf(query.get('destination')), pageOf(query)),
  'GET /api/why': (operator, { query }) => operator.why(textOf(query.get('id'))),
  async 'POST /api/purge'(operator, { body }) {
    const { destination, ids } = objectOf(body);
    return { purged: await operator.purge(textOf(destination), ids === undefined ? undefined : textsOf(ids)) };
  },
  'POST /api/accounts/remove': (operator, { body }) => {
    const { did, purge } = objectOf(body);
    return operator.removeAccount(textOf(did), purge === true);
  },
  'POST /api/invitations': (operator, { body }) => {
    const { goal, validSeconds } = objectOf(body);
    return operator.invite(goal === undefined ? undefined : textOf(goal), secondsOf(validSeconds));
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
