import { afterAll, beforeAll } from 'vitest';
import { describeTransport } from '../../../conformance/transport.js';
import { describeMosquitto } from '../../../support/describe-mosquitto.js';
import { type Mosquitto, startMosquitto } from '../../../support/mosquitto.js';
import { mqttFixture } from '../../../support/mqtt-transport.js';

const supports = { dial: true, listen: true, acknowledged: false, duplex: true };

/** Of whoever comes. */
const EVERYTHING = { publish: ['#'], subscribe: ['#'] };

describeTransport('mqtt on the embedded broker', supports, async () => {
  const fixture = await mqttFixture('mqtt://127.0.0.1:1');
  const broker = await fixture.transport.openBroker({
    host: '127.0.0.1',
    port: 0,
    topics: [],
    users: [],
    anonymous: EVERYTHING,
  });
  return {
    ...fixture,
    listenAddress: `${broker.origin}/didcomm/station/in`,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
});

describeTransport('mqtt at stations of the embedded broker', supports, async () => {
  const { transport, deadAddress, ...fixture } = await mqttFixture('mqtt://127.0.0.1:1');
  const topics = ['didcomm/station/in'];
  const broker = await transport.openBroker({ host: '127.0.0.1', port: 0, topics, users: [], anonymous: EVERYTHING });
  return {
    transport: {
      ...transport,
      async listen(address, { signal } = {}) {
        signal?.throwIfAborted();
        return address.startsWith(broker.origin)
          ? broker.listen(address.slice(broker.origin.length + 1))
          : transport.listen(address);
      },
    },
    listenAddress: `${broker.origin}/didcomm/station/in`,
    deadAddress,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
});

describeMosquitto('on Mosquitto', () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto();
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  describeTransport('mqtt 5.0', supports, () => mqttFixture(broker.origin));
  describeTransport('mqtt 3.1.1', supports, () => mqttFixture(broker.origin, { versions: [4] }));
  describeTransport('mqtt in small packets', supports, () =>
    mqttFixture(broker.origin, { limits: { maxPacketBytes: 1000, maxMessageBytes: 100_000 } }),
  );
});
