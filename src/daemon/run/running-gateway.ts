import type { Ble, BluetoothPackages, MqttState, OpenSerialPort } from '../../../transports/index.js';
import type { DeviceClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { AgreementThread, createNodePrimitives } from '../../crypto/node.js';
import type { Gateway } from '../../gateway/gateway.js';
import type { MessageStore } from '../../store/message-store.js';
import type { Counters } from '../admin/counters.js';
import type { Config } from '../config/schema.js';
import type { DataFolder } from '../data-folder/layout.js';
import type { Identity } from '../identity/identity.js';
import { programUrl } from '../program-url.js';
import { type Cleanup, openAll } from './cleanup.js';
import { openLinks } from './links.js';
import { openMedia } from './listen.js';
import { openStore } from './open-store.js';
import { admitInvitation } from './standing-invitation.js';
import { readUpstreams } from './upstreams.js';
import { wireGateway } from './wire-gateway.js';

export interface RunningGatewayOptions {
  /** Its lock is held by this process. */
  readonly folder: DataFolder;
  readonly config: Config;
  readonly identity: Identity;
  readonly clock: DeviceClock;
  readonly logger: Logger;
  readonly counters: Counters;
  /** How serial ports are opened. Default: those of this machine. */
  readonly openSerialPort?: OpenSerialPort;
  /** noble and bleno. Default: those that the configuration names. */
  readonly bluetoothPackages?: BluetoothPackages;
}

/** A gateway that serves. Disposing finishes what is being handled and closes the store. */
export interface RunningGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly store: MessageStore;
  /** Where it listens: `http://host:port`, `ws://host:port`, and its links. */
  readonly addresses: readonly string[];
  /** Undefined where it is not used. */
  readonly bluetooth: Ble | undefined;
  /** Connections to MQTT brokers. */
  mqttStates(): readonly MqttState[];
}

/** Opens everything that belongs to a gateway. Throws ERR_CONFIG, ERR_LISTEN, and what opening the store throws. */
export function runGateway(options: RunningGatewayOptions): Promise<RunningGateway> {
  return openAll((cleanup) => open(options, cleanup));
}

async function open(options: RunningGatewayOptions, cleanup: Cleanup): Promise<RunningGateway> {
  const { folder, config, identity, clock, counters } = options;
  const logger = counters.countingLogger(options.logger);
  const primitives = createNodePrimitives();
  const upstreams = await readUpstreams(config, primitives);
  let wired: Gateway | undefined;
  const onReachable = (): void => wired?.retry();
  const [store, media, links] = await Promise.all([
    openStore(folder, config, clock, logger).then((store) => counters.countingStore(cleanup.use(store))),
    openMedia(config, upstreams.origins, logger).then((media) => cleanup.use(media)),
    openLinks({ ...options, onReachable }, logger).then((links) => cleanup.use(links)),
  ]);
  await admitInvitation(store, identity, clock);
  const worker = { url: programUrl('agreement-worker', '../crypto/node/agreement-worker.ts') };
  const agreement = new AgreementThread({ worker, scheduler: createScheduler() });
  cleanup.defer(() => agreement[Symbol.dispose]());

  const gateway = wireGateway({
    folder,
    config,
    identity,
    store,
    transports: [...media.transports, ...links.transports],
    upstreams: upstreams.options,
    agreement: agreement.agree,
    clock,
    logger,
  });
  cleanup.use(gateway);
  wired = gateway;
  const { listeners, addresses } = await media.listen();
  for (const listener of listeners) void gateway.serve(listener);
  const lines = await links.listen();
  for (const listener of lines) void gateway.serve(listener);
  await gateway.start();
  const all = [...addresses, ...lines.flatMap((listener) => listener.addresses)];
  return {
    gateway,
    store,
    addresses: all,
    bluetooth: links.bluetooth,
    mqttStates: () => links.mqttStates(),
    [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
  };
}
