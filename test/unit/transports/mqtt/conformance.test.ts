import { afterAll, beforeAll } from 'vitest';
import { describeTransport } from '../../../conformance/transport.js';
import { describeMosquitto, type Mosquitto, startMosquitto } from '../../../support/mosquitto.js';
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
