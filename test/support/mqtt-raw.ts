import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { withResolvers } from '../../src/core/with-resolvers.js';

/** Somebody who knows nothing of waypost: MQTT.js as it is. */
export interface RawClient extends AsyncDisposable {
  readonly client: MqttClient;
  /** Resolves with the code of a refusal, or 0. */
  publish(topic: string, payload: Uint8Array | string, options?: object): Promise<number>;
}

/** Rejects when the broker refuses it. */
export async function rawClient(origin: string, options: IClientOptions = {}): Promise<RawClient> {
  const client = await mqtt.connectAsync(origin, { protocolVersion: 5, reconnectPeriod: 0, ...options }, false);
  client.setMaxListeners(1000);
  client.on('error', () => undefined);
  return {
    client,
    async publish(topic, payload, given = {}) {
      const { promise, resolve } = withResolvers<number>();
      client.once('close', () => resolve(-1));
      const bytes = Buffer.from(payload);
      client.publish(topic, bytes, { qos: 1, ...given }, (error) =>
        resolve(error === null || error === undefined ? 0 : Number((error as { code?: unknown }).code ?? -1)),
      );
      return promise;
    },
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}
