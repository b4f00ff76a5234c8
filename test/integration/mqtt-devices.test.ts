import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import { within } from '../conformance/within.js';
import { Agent } from '../support/agent.js';
import { describeMosquitto } from '../support/describe-mosquitto.js';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js';
import { type RawClient, rawClient } from '../support/mqtt-raw.js';
import { buildCommand, type GatewayProcess, runCommand, startGateway, testFolder } from '../support/processes.js';
import { pack, SensorDevice } from '../support/sensor-device.js';

/** Devices on a broker, and the built command behind it: what docs/transports/mqtt.md says of them, "Devices". */
const PREFIX = 'plant';
const KEY = Buffer.from('0123456789abcdef'.repeat(2)).toString('hex');
const PING = 'https://didcomm.org/trust-ping/2.0/ping';

/** A device with an MQTT client of its own. */
interface OnBroker extends AsyncDisposable {
  publish(payload: Uint8Array | string, options?: object): Promise<number>;
  /** What comes on its `down` topic. */
  next(): Promise<Uint8Array>;
}

async function deviceOn({ origin }: Mosquitto, id: string): Promise<OnBroker> {
  const raw: RawClient = await rawClient(origin);
  const down = new BoundedQueue<Buffer>(100);
  raw.client.on('message', (_topic, payload) => void down.push(payload));
  await raw.client.subscribeAsync(`${PREFIX}/device/${id}/down`, { qos: 1 });
  return {
    publish: (payload, options) => raw.publish(`${PREFIX}/device/${id}/up`, payload, options),
    async next() {
      const result = await within('something for the device', down[Symbol.asyncIterator]().next());
      return result.value ?? Buffer.of();
    },
    [Symbol.asyncDispose]: () => raw[Symbol.asyncDispose](),
  };
}

describeMosquitto('devices on Mosquitto', () => {
  let bin: string;
  let broker: Mosquitto;
  beforeAll(async () => {
    [bin, broker] = await Promise.all([buildCommand(), startMosquitto('max_queued_messages 0')]);
  }, 60_000);
  afterAll(() => broker[Symbol.asyncDispose]());

  /** A gateway that listens to them. */
  async function start(): Promise<{
    gateway: GatewayProcess;
    /** `waypost device ...` */
    device: (...args: string[]) => Promise<unknown>;
    status: () => Promise<{ sensors: { frames: object; refused: object }; mqtt: unknown }>;
    data: string;
  }> {
    const data = `${await testFolder()}/gateway`;
    const env = { WAYPOST_MQTT_LISTEN: `${broker.origin}/${PREFIX}/device/+/up`, WAYPOST_LOG_LEVEL: 'debug' };
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    const json = async (...args: string[]) => JSON.parse((await runCommand(bin, [...args, '--json'])).stdout);
    return {
      gateway,
      device: (command, ...args) => json('device', command, ...args, '--data', data),
      status: () => json('status', '--data', data),
      data,
    };
  }

  test('a frame is stored and answered, also after a kill -9; forgeries and strangers get nothing', async () => {
    const { gateway, device, status, data } = await start();
    await writeFile(`${data}/key`, KEY);
    await device('add', 't1', '--key-file', `${data}/key`);
    const t1 = new SensorDevice('t1');
    await using onBroker = await deviceOn(broker, 't1');
    await onBroker.publish(t1.frame(1, 0, pack('t', 4)));
    expect(t1.open(await onBroker.next())).toEqual([2, 0]);
    await onBroker.publish(t1.frame(1, 0, pack('t', 5)));
    expect(t1.open(await onBroker.next())).toEqual([2, 4]);

    const forger = new SensorDevice('t1', 'hmac-256-64', Buffer.alloc(32, 7));
    await onBroker.publish(forger.frame(1, 1, pack('t', 99)));
    const stranger = new SensorDevice('t2');
    await using other = await deviceOn(broker, 't2');
    await other.publish(stranger.frame(1, 0, pack('t', 4)));
    await other.publish('nonsense');
    await vi.waitFor(async () => {
      const refused = { ERR_FRAME_REPLAYED: 1, ERR_FRAME_FORGED: 1, ERR_DEVICE_UNKNOWN: 1 };
      expect((await status()).sensors).toMatchObject({ frames: { stored: 1 }, refused });
    }, 5000);
    // Nothing came to anybody before the answers to these: one topic is one device's, in order.
    await device('set-interval', 't1', '60');
    expect(t1.open(await onBroker.next())).toEqual([4, [1, 2, 60]]);
    await onBroker.publish(t1.frame(1, 1, pack('t', 4)));
    expect(t1.open(await onBroker.next())).toEqual([2, 0, 0, [1, 2, 60]]);

    const address = `${broker.origin}/${PREFIX}/device/+/up`;
    expect((await status()).mqtt).toEqual([{ address, isConnected: true, lastError: null }]);
    const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
    expect(metrics).toContain(`waypost_mqtt_connected{address="${address}"} 1\n`);
    expect(metrics).toContain('waypost_sensor_frames_total{result="stored"} 2\n');

    await gateway.kill();
    await onBroker.publish(t1.frame(1, 2, pack('t', 4))); // the broker keeps it
    const env = { WAYPOST_MQTT_LISTEN: address };
    const again = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    expect(t1.open(await onBroker.next())).toEqual([2, 0, 0, [1, 2, 60]]);
    expect(await again.stop()).toBe(0);
  }, 30_000);

  test('a plain device is known by its topic, and by nothing else', async () => {
    const { gateway, device, status } = await start();
    await device('add', 'p1', '--auth', 'plain');
    await using plain = await deviceOn(broker, 'p1');
    await using other = await deviceOn(broker, 'p2');
    const senml = '[{"bn":"urn:dev:ow:1:","n":"t","v":21.5}]';
    await plain.publish(senml, { properties: { contentType: 'application/senml+json' } });
    await plain.publish(pack('t', 21));
    await other.publish(senml.replace('urn:dev:ow:1', 'p1')); // what it calls itself does not count here
    await plain.publish(senml, { retain: true });
    await vi.waitFor(async () => {
      const { frames, refused } = (await status()).sensors;
      expect({ frames, refused }).toMatchObject({ frames: { stored: 2 }, refused: { ERR_DEVICE_UNKNOWN: 1 } });
    }, 5000);
    await vi.waitFor(() => expect(gateway.stderr()).toContain('mqtt.retained'));
    expect(await gateway.stop()).toBe(0);
  }, 20_000);

  test('DIDComm on the topic of a device is DIDComm: answered on `down`, in one piece and without a head', async () => {
    const { gateway } = await start();
    const agent = new Agent();
    await using onBroker = await deviceOn(broker, 'd1');
    const ping = { type: PING, body: { response_requested: true }, return_route: 'all' };
    await onBroker.publish(await agent.pack(ping, gateway.did));
    const { type } = await agent.codec.unpack(await onBroker.next());
    expect(type).toBe('https://didcomm.org/trust-ping/2.0/ping-response');
    expect(await gateway.stop()).toBe(0);
  }, 20_000);
});
