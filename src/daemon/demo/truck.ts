import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type LineToCut, openLineToCut } from '../../../firmware-sim/index.js';
import { hashMqttPassword } from '../../../transports/index.js';
import type { DeviceClock } from '../../core/clock.js';
import { silentLogger } from '../../core/logger.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { Counters } from '../admin/counters.js';
import { loadConfig } from '../config/load.js';
import { initialise } from '../data-folder/initialise.js';
import { dataFolder } from '../data-folder/layout.js';
import { invitationUrl } from '../identity/invitation.js';
import type { Cleanup } from '../run/cleanup.js';
import { type RunningGateway, runGateway } from '../run/running-gateway.js';
import { type DemoLine, openDemoLine } from './serial-line.js';
import { addPhone, type Phone } from './stage.js';

/** A gateway in a truck, and whom its readings are for. */
export interface Truck {
  /** Between the truck and the mediator in the city. */
  readonly backhaul: LineToCut;
  /** Somebody with a mailbox in the city. */
  readonly buyer: Phone;
  readonly line: DemoLine;
  /** Where the gateway's own broker is, such as `mqtt://127.0.0.1:40000`; another port after a restart. */
  broker(): string;
  /** What a device says at the broker; its password is for all of them. */
  readonly password: string;
  readonly gateway: () => RunningGateway;
  /** Registers a device; its key. */
  addDevice(id: string): Promise<Uint8Array>;
  restart(): Promise<void>;
}

const TOPIC = 'pallet/device/+/up';

/** Two gateways in folders of their own below `root`: one in a truck, one in a city, over real sockets on loopback. */
export async function setTruck(root: string, clock: DeviceClock, cleanup: Cleanup): Promise<Truck> {
  const primitives = createNodePrimitives();
  const start = async (name: string, publicUrl: string, env: Record<string, string>, ports: object = {}) => {
    const folder = dataFolder(path.join(root, name));
    const { identity } = await initialise(folder, { primitives, publicUrls: [publicUrl], passphrase: undefined });
    const open = async (): Promise<RunningGateway> => {
      const { config } = await loadConfig({ env: { WAYPOST_HTTP_LISTEN: '127.0.0.1:0', ...env } });
      const counters = new Counters();
      return runGateway({ folder, config, identity, clock, logger: silentLogger, counters, ...ports });
    };
    return { identity, open };
  };

  let cityPort = 0;
  const backhaul = cleanup.use(await openLineToCut(() => cityPort));
  const city = await start('city', `http://127.0.0.1:${backhaul.port}`, {});
  const { addresses } = cleanup.use(await city.open());
  cityPort = Number(new URL(addresses[0] ?? '').port);
  const buyer = await addPhone(path.join(root, 'buyer'), invitationUrl(city.identity, { addresses }), clock, cleanup);

  const lineFolder = path.join(root, 'truck-line');
  await mkdir(lineFolder);
  const line = await openDemoLine(lineFolder, cleanup);
  const password = 'on the pallet';
  const users = [
    {
      name: 'tracker',
      password: await hashMqttPassword(password),
      publish: ['pallet/device/%u/up'],
      subscribe: ['pallet/device/%u/down'],
    },
  ];
  const rule = {
    name: 'cold-chain',
    agents: [buyer.correspondent.did],
    deviceUri: 'https://pallet.example/device/{device}',
    batchSeconds: 0,
  };
  const settings = {
    WAYPOST_LINKS_LISTEN: JSON.stringify([line.gateway]),
    WAYPOST_MQTT_BROKER_LISTEN: '127.0.0.1:0',
    WAYPOST_MQTT_BROKER_TOPICS: JSON.stringify([TOPIC]),
    WAYPOST_MQTT_BROKER_USERS: JSON.stringify(users),
    WAYPOST_SENSORS_RULES: JSON.stringify([rule]),
    WAYPOST_NETWORK_ALLOW_ADDRESS: JSON.stringify(['127.0.0.0/8']),
  };
  const ports = line.openPort === undefined ? {} : { openSerialPort: line.openPort };
  const truck = await start('truck', 'http://127.0.0.1:1', settings, ports);
  let running = await truck.open();
  cleanup.defer(() => running[Symbol.asyncDispose]());
  return {
    backhaul,
    buyer,
    line,
    password,
    broker: () =>
      /^mqtt:\/\/[^/]+/.exec(running.addresses.find((address) => address.startsWith('mqtt:')) ?? '')?.[0] ?? '',
    gateway: () => running,
    async addDevice(id) {
      const added = await running.gateway.sensors?.devices.add({ id });
      return new Uint8Array(Buffer.from(added?.madeKey ?? '', 'base64url'));
    },
    async restart() {
      await running[Symbol.asyncDispose]();
      running = await truck.open();
    },
  };
}
