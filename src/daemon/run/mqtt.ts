import { type MqttState, transports } from '../../../transports/index.js';
import { createAddressPolicy } from '../../net/address-policy.js';
import type { Listener, Transport } from '../../transport/transport.js';
import { brokerAddress } from '../broker-address.js';
import type { Config } from '../config/schema.js';
import type { Cleanup } from './cleanup.js';
import { linkOptions, type StationLinkOptions } from './link-options.js';
import { readAuthorities } from './mqtt-authorities.js';

interface MqttOptions extends Omit<StationLinkOptions, 'stationName'> {
  readonly config: Pick<Config, 'mqtt' | 'network' | 'limits'>;
  /** A broker is there, or there again. */
  readonly onConnected: () => void;
}

/** MQTT as the configuration has it. */
export interface Mqtt {
  readonly transport: Transport;
  states(): readonly MqttState[];
  /** Opens the embedded broker and listens on its topics. Nothing where it is off. Throws ERR_LISTEN. */
  listenOnOwnBroker(cleanup: Cleanup): Promise<readonly Listener[]>;
}

/**
 * Brokers in `mqtt.listen` and `mqtt.brokers` are the operator's: the address policy is not asked for them. Throws what
 * `readAuthorities` throws.
 */
export async function openMqtt({ config, onConnected, ...station }: MqttOptions): Promise<Mqtt> {
  const { mqtt, network } = config;
  const known = new Map(mqtt.brokers.map((broker) => [brokerAddress(broker.origin).origin, broker]));
  const authorities = new Map<string, readonly string[]>();
  for (const [origin, { ca }] of known) if (ca !== undefined) authorities.set(origin, await readAuthorities(ca));
  const { limits, ...common } = linkOptions({ ...station, stationName: '' });
  const transport = await transports.mqtt({
    ...common,
    onConnected,
    outbound: {
      policy: createAddressPolicy({ allow: network.allowAddress }),
      trustedOrigins: [...mqtt.brokers.map(({ origin }) => origin), ...mqtt.listen].map(toHttpOrigin),
    },
    credentials: (origin) => {
      const { username, password = '' } = known.get(origin) ?? {};
      return username === undefined ? undefined : { username, password };
    },
    authorities: (origin) => authorities.get(origin) ?? [],
    limits: { maxMessageBytes: station.maxMessageBytes },
  });
  return {
    transport,
    states: () => transport.states(),
    async listenOnOwnBroker(cleanup) {
      const { listen, topics, users } = mqtt.broker;
      if (listen === 'off') return [];
      const accounts = users.map(({ password, ...user }) => ({ ...user, passwordHash: password }));
      const broker = cleanup.use(await transport.openBroker({ ...listen, topics, users: accounts }));
      return Promise.all(topics.map((topic) => broker.listen(topic)));
    },
  };
}

/** Whether anything of MQTT is on. */
export function usesMqtt({ mqtt }: Pick<Config, 'mqtt'>): boolean {
  return mqtt.listen.length > 0 || mqtt.dial === 'on' || mqtt.broker.listen !== 'off';
}

/** As the rules for outgoing connections know them: encrypted or not, host and port. */
function toHttpOrigin(address: string): string {
  const { origin, isEncrypted } = brokerAddress(address);
  return origin.replace(/^[a-z+]+:/, isEncrypted ? 'https:' : 'http:');
}
