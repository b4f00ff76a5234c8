import type { DeviceClock } from '../../core/clock.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { Courier } from '../../gateway/courier/courier.js';
import { Invitations } from '../../gateway/invitations.js';
import type { MessageStore } from '../../store/message-store.js';
import type { Identity } from '../identity/identity.js';
import { firstUrlOf, pageUrlOf } from '../public-url.js';
import { VERSION } from '../version.js';
import { createCourierOperator } from './courier-operator.js';
import type { Operator } from './operator.js';

export interface StoreOperatorOptions {
  readonly store: MessageStore;
  readonly identity: Identity;
  readonly clock: DeviceClock;
  /** For what is carried by hand. */
  courier(): Promise<Courier>;
}

/** What can be said and done with the store alone: all there is while the gateway does not run. */
export function createStoreOperator({ store, identity, clock, courier }: StoreOperatorOptions): Operator {
  const invitations = new Invitations(store, createNodePrimitives(), clock);
  const { did, publicUrls } = identity.current;
  return {
    ...createCourierOperator(courier),
    status: async () => ({
      state: 'stopped',
      version: VERSION,
      did,
      uptimeSeconds: null,
      addresses: [],
      clock: clock.quality(),
      store: await store.size(),
      connections: 0,
      live: 0,
      handling: 0,
      upstreams: [],
      residentBytes: null,
    }),
    queues: (page) => store.destinations(page),
    async messages(destination, { after, limit }) {
      const query = { destinations: [destination], limitMessages: limit, ...(after === undefined ? {} : { after }) };
      const messages = await store.list(query);
      return messages.map(({ id, priority, content, metadata, ageMs, expiresAtMs }) => ({
        id,
        priority,
        bytes: content.length + metadata.length,
        ageMs,
        expiresAtMs: expiresAtMs ?? null,
      }));
    },
    async why(id) {
      const fate = await store.why(id);
      return fate === undefined ? null : { fate, progress: null };
    },
    purge: (destination, ids) => store.purge(destination, ids),
    peers: async () => [],
    async invite(goal) {
      const publicUrl = firstUrlOf(publicUrls);
      const { invitation, url } = await invitations.create(did, {
        ...(publicUrl === undefined ? {} : { base: `${pageUrlOf(publicUrl)}/` }),
        ...(goal === undefined ? {} : { goal }),
      });
      return { id: invitation.id, invitation: url };
    },
    revoke: (id) => invitations.revoke(id),
  };
}
