import { rm } from 'node:fs/promises';
import os from 'node:os';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { shortFormOf } from '../../did/short-form.js';
import { Counters } from '../admin/counters.js';
import { finishRestore } from '../backup/staged-restore.js';
import type { AddCommand } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { LogRing } from '../dashboard/log-ring.js';
import { openDashboard } from '../dashboard/open-dashboard.js';
import { ensureAdminToken } from '../data-folder/admin-token.js';
import { initialise } from '../data-folder/initialise.js';
import { fileExists } from '../data-folder/small-file.js';
import { createDeviceClock } from '../device-clock.js';
import { checkPublicUrls } from '../identity/public-urls.js';
import { EXIT, type Io } from '../io.js';
import { createLogger, createRecorder, logToBoth } from '../logger.js';
import { createMachine } from '../machine.js';
import { isMailbox } from '../mailbox/mediator-file.js';
import { createGatewayOperator } from '../operator/gateway-operator.js';
import { Inflow } from '../operator/inflow.js';
import { Refusals } from '../operator/refusals.js';
import { localUrl } from '../public-url.js';
import { announce, inviteToFirstRun } from '../run/announce.js';
import { type Cleanup, openAll } from '../run/cleanup.js';
import { collectStartGarbage } from '../run/collect-start-garbage.js';
import { findDisk } from '../run/disk.js';
import { announceLocally } from '../run/local-network.js';
import { lockPatiently } from '../run/lock-patiently.js';
import { packageConsole } from '../run/package-console.js';
import { proveProgress } from '../run/progress.js';
import { runGateway } from '../run/running-gateway.js';
import { writeRuntime } from '../run/runtime-file.js';
import { startAdmin } from '../run/start-admin.js';
import { stopSignal } from '../run/stop-signals.js';
import { createServiceManager } from '../sd-notify.js';
import { VERSION } from '../version.js';
import {
  addDataOption,
  addPassphraseOption,
  addPublicUrlOption,
  choice,
  collect,
  configFlag,
  configOf,
  type DataContext,
  type DataOptions,
  dataContext,
} from './options.js';

interface Options extends DataOptions {
  http?: string;
  admin?: string;
  publicUrl?: string[];
  allowAddress?: string[];
  listen?: string[];
  logFormat?: 'text' | 'json';
}

export const addStartCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('start')
    .description('Runs the gateway, after "init" where the folder is new. Ends with 0 on SIGTERM and SIGINT.')
    .option('--http <host:port>', 'serve DIDComm here: POST and WebSocket; default 127.0.0.1:8080')
    .option('--admin <host:port>', 'the admin API, /metrics and health checks, or "off"; default 127.0.0.1:8081')
    .option('--listen <address>', 'hold a serial port too, such as serial:/dev/ttyUSB0 (repeatable)', collect)
    .option('--allow-address <cidr>', 'a private network that may be reached (repeatable)', collect)
    .addOption(choice('--log-format <format>', 'of logs and of the line that says "ready"', ['text', 'json']));
  addPassphraseOption(addPublicUrlOption(addDataOption(command))).action(async (options: Options) => {
    await noRetry(() => start(io, options));
    finish(EXIT.done);
  });
};

async function start(io: Io, options: Options): Promise<void> {
  const context = await dataContext(options, io);
  const before = await finishRestore(context.folder);
  const loaded = await configOf(context.folder, io, [
    ...configFlag('--http', 'http.listen', options.http),
    ...configFlag('--admin', 'admin.listen', options.admin),
    ...configFlag('--public-url', 'publicUrls', options.publicUrl),
    ...configFlag('--listen', 'links.listen', options.listen),
    ...configFlag('--allow-address', 'network.allowAddress', options.allowAddress),
    ...configFlag('--log-format', 'log.format', options.logFormat),
  ]);
  const log = new LogRing();
  const logger = loggerOf(io, loaded.config, log);
  globalThis.console = packageConsole(logger);
  if (before !== undefined) logger.warn('gateway.restored', { before });
  for (const name of loaded.unknownVariables) logger.warn('config.unknown-variable', { name });
  process.umask(0o077); // the database makes its files itself
  const stop = stopSignal(process, logger);
  await openAll((cleanup) => serve(io, context, loaded, { logger, log }, stop, cleanup));
}

async function serve(
  io: Io,
  { folder, passphrase }: DataContext,
  loaded: LoadedConfig,
  { logger, log }: { readonly logger: Logger; readonly log: LogRing },
  stop: Promise<string>,
  cleanup: Cleanup,
): Promise<void> {
  const { config } = loaded;
  if (await isMailbox(folder)) {
    const what = `${folder.path} is the mailbox of "send" and "recv"; a gateway needs a folder of its own`;
    throw new WaypostError('ERR_DATA_FOLDER', what);
  }
  const { identity } = await initialise(folder, {
    primitives: createNodePrimitives(),
    publicUrls: urlsOf(config),
    passphrase,
  });
  checkPublicUrls(config, identity);
  cleanup.use(await lockPatiently(folder));
  for (const leftOver of [folder.downloads, folder.restore]) {
    if (await fileExists(leftOver)) await rm(leftOver, { recursive: true, force: true });
  }
  const machine = createMachine();
  const scheduler = createScheduler();
  const clock = await createDeviceClock({
    machine,
    scheduler,
    trust: config.clock.trust,
    onQuality: (quality) => logger.info('clock.quality', { quality }),
  });
  cleanup.defer(() => clock[Symbol.dispose]());
  const monotonicMs = () => clock.monotonicMs();
  const [inflow, refusals] = [new Inflow(monotonicMs), new Refusals(monotonicMs)];
  const counters = new Counters({ inflow, refusals });
  const running = cleanup.use(await runGateway({ folder, config, identity, clock, logger, counters }));
  let isStopping = false;
  const disk = () => findDisk(machine, folder);
  let name = config.name;
  const about = { identity, clock, name: () => name, disk };
  const operator = createGatewayOperator(running, about, { counters, inflow, refusals });
  const onRenamed = (given: string): void => {
    name = given;
  };
  const env = io.env ?? {};
  const { stickFolders } = config;
  const common = { folder, env, passphrase, machine, scheduler, clock };
  const dashboard = openDashboard({ ...common, operator, log, stickFolders, onRenamed }, cleanup);
  const admin = await startAdmin(loaded, logger, cleanup, {
    token: await ensureAdminToken(folder),
    operator,
    dashboard,
    counters,
    isStopping: () => isStopping,
  });
  cleanup.defer(await writeRuntime(folder, { addresses: running.addresses, admin }));

  const did = shortFormOf(createNodePrimitives(), identity.current.did) ?? identity.current.did;
  await announceLocally({ config, did, addresses: running.addresses, clock, scheduler, logger }, cleanup);

  const service = createServiceManager({
    env,
    pid: process.pid,
    run: machine.run,
    scheduler,
    logger,
    progress: () => proveProgress(running.store, clock),
  });
  cleanup.defer(() => service[Symbol.dispose]());
  const serving = running.addresses.join(' and ');
  logger.info('gateway.started', { serves: serving, admin: admin ?? 'off', version: VERSION });
  await announce(io, config, identity, { addresses: running.addresses, admin });
  if (await fileExists(folder.firstRun)) inviteToFirstRun(io, config, admin, dashboard.sessions);
  await service.ready(`serving ${serving}`);
  collectStartGarbage();
  logger.info('gateway.stopping', { signal: await stop });
  isStopping = true;
  await service.stopping();
  await cleanup[Symbol.asyncDispose]();
  logger.info('gateway.stopped');
}

/** The log of the process, and for the dashboard its last lines: those from "info" on, whatever else is written. */
function loggerOf(io: Io, { log }: Config, ring: LogRing): Logger {
  const clock = { nowMs: () => Date.now() };
  return logToBoth(
    createLogger({ write: (line) => io.stderr.write(line), clock, ...log }),
    createRecorder({ take: (record) => ring.add(record), clock, level: log.level === 'debug' ? 'debug' : 'info' }),
  );
}

function urlsOf({ publicUrls }: Config): readonly string[] {
  return publicUrls.length > 0 ? publicUrls : [localUrl(os.hostname())];
}

/** A failed start is over: whether to try again is for whoever started it. Only a busy folder says "not now". */
async function noRetry(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isWaypostError(error) || error.code === 'ERR_DATA_FOLDER_BUSY' || !error.retryable) throw error;
    throw new WaypostError(error.code, error.message, { cause: error });
  }
}
