import type { DeviceClock } from '../../core/clock.js';
import { silentLogger } from '../../core/logger.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { Courier } from '../../gateway/courier/courier.js';
import { Invitations } from '../../gateway/invitations.js';
import { DEFAULT_MEDIATION_LIMITS } from '../../protocols/mediation/records.js';
import { Registry } from '../../protocols/mediation/registry.js';
import { createSensors, type Sensors } from '../../sensor/sensors.js';
import type { MessageStore } from '../../store/message-store.js';
import { DEFAULT_NAME } from '../config/schema.js';
import type { Identity } from '../identity/identity.js';
import { goalOf, invitationBase } from '../identity/invitation.js';
import type { Disk } from '../run/disk.js';
import { VERSION } from '../version.js';
import { createCourierOperator } from './courier-operator.js';
import { createDeviceOperator } from './device-operator.js';
import type { Operator } from './operator.js';

export interface StoreOperatorOptions {
  readonly store: MessageStore;
  readonly identity: Identity;
  readonly clock: DeviceClock;
  /** What people call the gateway at present. */
  name(): string;
  /** Where the gateway listens, while it runs. */
  readonly addresses?: readonly string[];
  disk(): Promise<Disk | null>;
  /** For what is carried by hand. */
  courier(): Promise<Courier>;
  /** Of the gateway that runs; it alone may change its devices. Default: what the store says of them. */
  readonly sensors?: Sensors | undefined;
}

/** What can be said and done with the store alone: all there is while the gateway does not run. */
export function createStoreOperator(options: StoreOperatorOptions): Operator {
  const { store, identity, clock, name, disk, courier } = options;
  const invitations = new Invitations(store, createNodePrimitives(), clock);
  const registry = new Registry({ store, limits: DEFAULT_MEDIATION_LIMITS });
  const sensors =
    options.sensors ?? createSensors({ store, primitives: createNodePrimitives(), clock, logger: silentLogger });
  const { did, publicUrls } = identity.current;
  return {
    ...createCourierOperator(courier),
    ...createDeviceOperator(sensors),
    status: async () => ({
      state: 'stopped',
      version: VERSION,
      did,
      name: name(),
      uptimeSeconds: null,
      addresses: [],
      clock: clock.quality(),
      store: await store.size(),
      full: null,
      disk: await disk(),
      outlook: null,
      refused: {},
      refusals: [],
      connections: 0,
      live: 0,
      handling: 0,
      upstreams: [],
      bluetooth: null,
      sensors: null,
      rules: null,
      mqtt: [],
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
    accounts: (page) => registry.accounts(page),
    removeAccount: async (account, isPurging) => (await registry.remove(account, isPurging)) ?? null,
    async invite(goal, validSeconds) {
      const { invitation, url } = await invitations.create(did, {
        base: invitationBase(publicUrls, options.addresses ?? []),
        ...(goal === undefined && name() === DEFAULT_NAME ? {} : { goal: goal ?? goalOf(name()) }),
        ...(validSeconds === undefined ? {} : { validMs: validSeconds * 1000 }),
      });
      return { id: invitation.id, invitation: url };
    },
    revoke: (id) => invitations.revoke(id),
  };
}
