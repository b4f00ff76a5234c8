import { WaypostError } from '../../core/errors.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { Courier } from '../../gateway/courier/courier.js';
import { openMemoryStore } from '../../store/memory-store.js';
import { createAdminClient } from '../admin/client.js';
import type { Config } from '../config/schema.js';
import { readAdminToken } from '../data-folder/admin-token.js';
import type { DataFolder } from '../data-folder/layout.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { fileExists } from '../data-folder/small-file.js';
import { createDeviceClock } from '../device-clock.js';
import { readIdentity } from '../identity/identity-file.js';
import type { Environment } from '../io.js';
import { createLogger } from '../logger.js';
import { createMachine } from '../machine.js';
import type { Cleanup } from '../run/cleanup.js';
import { findDisk } from '../run/disk.js';
import { storeLimits } from '../run/limits.js';
import { openStore } from '../run/open-store.js';
import { readRuntime } from '../run/runtime-file.js';
import { GATEWAY_SPACES } from '../run/spaces.js';
import { readUpstreams } from '../run/upstreams.js';
import { wireGateway } from '../run/wire-gateway.js';
import type { Operator } from './operator.js';
import { createStoreOperator } from './store-operator.js';

export interface OpenOperatorOptions {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly passphrase: string | undefined;
  readonly env: Environment;
  readonly stderr: { write(text: string): unknown };
  /** What others are told who want the folder meanwhile. */
  readonly purpose: string;
  /** Whether something will be put into the store, so that it must be a durable one. Default: no. */
  readonly isChanging?: boolean;
}

/**
 * The operator of a data folder: through the admin API when its gateway runs, else on its store, which is locked until
 * `cleanup`. Throws ERR_NETWORK, ERR_DATA_FOLDER, ERR_DATA_FOLDER_BUSY, and what opening the store throws.
 */
export async function openOperator(options: OpenOperatorOptions, cleanup: Cleanup): Promise<Operator> {
  const { folder, config, passphrase, purpose } = options;
  const runtime = await readRuntime(folder);
  if (runtime !== undefined) {
    const token = await readAdminToken(folder);
    if (runtime.admin !== null && token !== undefined) return createAdminClient(runtime.admin, token);
    throw new WaypostError(
      'ERR_CONFIG',
      'the gateway runs without its admin API (admin.listen: off), so it cannot be asked',
    );
  }
  const identity = await readIdentity(folder, passphrase);
  cleanup.use(await lockDataFolder(folder, purpose));
  const machine = createMachine();
  const clock = await createDeviceClock({
    machine,
    scheduler: createScheduler(),
    trust: config.clock.trust,
  });
  cleanup.defer(() => clock[Symbol.dispose]());
  const logger = createLogger({ write: (line) => options.stderr.write(line), clock, format: 'text', level: 'warn' });
  // Asking must not make a database where there never was one.
  const store =
    options.isChanging === true || (await fileExists(folder.store))
      ? await openStore(folder, config, clock, logger)
      : openMemoryStore({ clock, limits: storeLimits(config), spaces: GATEWAY_SPACES });
  cleanup.use(store);
  let courier: Promise<Courier> | undefined;
  const openCourier = async (): Promise<Courier> => {
    const { options: upstreams } = await readUpstreams(config, createNodePrimitives());
    // It never starts and talks to nobody; what it queues leaves when the gateway runs.
    const gateway = wireGateway({ folder, config, identity, store, transports: [], upstreams, clock, logger });
    return cleanup.use(gateway).courier;
  };
  return createStoreOperator({
    store,
    identity,
    clock,
    name: () => config.name,
    disk: () => findDisk(machine, folder),
    courier: () => {
      courier ??= openCourier();
      return courier;
    },
  });
}
