import { silentLogger } from '../../src/core/logger.js';
import { createScheduler } from '../../src/core/scheduler.js';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { createMemoryPartials } from '../../src/link/memory-partials.js';
import type { Address } from '../../src/transport/transport.js';
import { createMqttTransport, type MqttTransport, type MqttTransportOptions } from '../../transports/mqtt/transport.js';
import type { TransportFixture } from '../conformance/transport-connection.js';
import { localOutbound } from '../unit/transports/local.js';

const primitives = createNodePrimitives();

/** The transport as a station has it, on real timers. */
export async function mqttTransport(options: Partial<MqttTransportOptions> = {}): Promise<MqttTransport> {
  return createMqttTransport({
    outbound: localOutbound,
    scheduler: createScheduler(),
    now: () => performance.now(),
    random: Math.random,
    sha256: (bytes) => primitives.sha256(bytes),
    partials: await createMemoryPartials({ clock: { nowMs: () => Date.now() } }),
    logger: silentLogger,
    ...options,
    limits: { reconnectInitialMs: 20, reconnectMaxMs: 200, offerAgainMs: 50, ...options.limits },
  });
}

/** For the conformance suite, on a broker that is there. */
export async function mqttFixture(
  origin: string,
  options: Partial<MqttTransportOptions> = {},
): Promise<TransportFixture & { readonly transport: MqttTransport }> {
  const transport = await mqttTransport(options);
  return {
    transport,
    listenAddress: `${origin}/didcomm/station/in` as Address,
    deadAddress: 'mqtt://127.0.0.1:1/didcomm/nobody/in',
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
