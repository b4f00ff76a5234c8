import type { Socket } from 'node:net';
import type { AedesOptions, AuthenticateError, Client } from 'aedes';
import type { Logger } from '../../../src/core/logger.js';
import type { Scheduler } from '../../../src/core/scheduler.js';
import type { TokenBuckets } from '../../../src/core/token-bucket.js';
import type { Access } from './access.js';
import { isTopic } from './filters.js';
import type { BrokerLimits } from './limits.js';
import type { LocalStations } from './local-stations.js';
import type { Sessions } from './sessions.js';

interface RulesOptions {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly stations: LocalStations;
  readonly rates: TokenBuckets;
  readonly limits: BrokerLimits;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3). */
const RETURN_CODES = { identifierRejected: 2, serverUnavailable: 3, badUserNameOrPassword: 4 } as const;
const MAX_CLIENT_ID_CHARS = 64;

/** What a broker asks whenever somebody wants something. */
export function brokerRules(options: RulesOptions): AedesOptions {
  const { access, sessions, stations, rates, limits, scheduler, logger } = options;
  const retained = new Set<string>();

  /** One topic more is a place in memory that nobody frees but who knows of it. */
  const mayRetain = (topic: string, bytes: number): boolean => {
    if (bytes === 0) retained.delete(topic);
    else if (bytes > limits.maxRetainedBytes || (!retained.has(topic) && retained.size >= limits.maxRetained))
      return false;
    else retained.add(topic);
    return true;
  };

  return {
    connectTimeout: limits.connectTimeoutMs,
    maxInflightInbound: limits.maxUnreleased,
    queueLimit: limits.maxUnreleased,

    preConnect(_client, packet, done) {
      const isShort = packet.clientId.length <= MAX_CLIENT_ID_CHARS;
      if (!isShort) logger.debug('mqtt-broker.session-refused');
      done(isShort ? null : new Error('no session'), isShort); // without an error it would stay open
    },

    authenticate(client, name, password, done) {
      const decide = (isAllowed: boolean): void => {
        if (!isAllowed) {
          logger.warn('mqtt-broker.login-refused', { from: addressOf(client) });
          done(refusal(RETURN_CODES.badUserNameOrPassword), false);
        } else if (!sessions.admit(client, name)) {
          logger.warn('mqtt-broker.session-refused', { from: addressOf(client) });
          done(refusal(RETURN_CODES.identifierRejected), false);
        } else done(null, true);
      };
      access.mayConnect(name, password).then(decide, () => done(refusal(RETURN_CODES.serverUnavailable), false));
    },

    authorizeSubscribe(client, subscription, done) {
      const isAllowed = access.may('subscribe', sessions.nameOf(client), client.id, subscription.topic);
      if (!isAllowed) logger.warn('mqtt-broker.subscription-refused', { from: addressOf(client) });
      done(null, isAllowed ? subscription : null);
    },

    authorizePublish(client, packet, done) {
      const isOurs = client === null; // a station here says something
      const isAllowed = isOurs || access.may('publish', sessions.nameOf(client), client.id, packet.topic);
      const isKept = !packet.retain || mayRetain(packet.topic, packet.payload.length);
      if (!isTopic(packet.topic) || !isAllowed || !isKept) {
        logger.warn('mqtt-broker.publish-refused', { from: addressOf(client), bytes: packet.payload.length });
        done(new Error('not authorized')); // 3.1.1 can say so in no other way than by closing
      } else if (isOurs) done(null);
      else {
        const offer = (): void => stations.offer(client, packet, done);
        const waitMs = rates.charge(client.id);
        if (waitMs === 0) offer();
        else scheduler.after(waitMs, offer); // nothing more is read from it so long
      }
    },
  };
}

/** For the log. */
export function addressOf(client: Client | null): string {
  return (client?.conn as Partial<Socket> | undefined)?.remoteAddress ?? 'nowhere';
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error('refused'), { returnCode });
}
