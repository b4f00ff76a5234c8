import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import type { Environment } from './io.js';
import type { Machine } from './machine.js';

/*
 * The protocol of systemd services of Type=notify (sd_notify(3)). Its socket takes datagrams, which Node cannot send to
 * a Unix socket, and a native addon for that would be one more thing to build; so the command `systemd-notify` sends
 * them, which is there wherever systemd is. The unit therefore needs NotifyAccess=all.
 */

export interface ServiceManagerOptions {
  readonly env: Environment;
  readonly pid: number;
  readonly run: Machine['run'];
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /**
   * Does something that only works when the whole gateway works, such as a round trip to the store. The watchdog is fed
   * after it only: one that is fed by a timer alone keeps a process alive that does nothing any more.
   */
  readonly progress: () => Promise<unknown>;
}

/** Tells the service manager how the process is. Without one every call does nothing. */
export interface ServiceManager extends Disposable {
  /** Ready to serve; from now on the watchdog is fed, where the unit has one. */
  ready(status: string): Promise<void>;
  stopping(): Promise<void>;
}

export function createServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { env, pid, run, scheduler, logger, progress } = options;
  const isManaged = env.NOTIFY_SOCKET !== undefined && env.NOTIFY_SOCKET !== '';
  const feedMs = watchdogMs(env, pid) / 2;
  let cancel = (): void => {};
  let isDisposed = false;

  const notify = async (...args: readonly string[]): Promise<void> => {
    if (!isManaged) return;
    const sent = await run('systemd-notify', args);
    if (sent === undefined) logger.warn('service.notify-failed', { arguments: args.join(' ') });
  };
  const feed = async (): Promise<void> => {
    try {
      await progress();
      if (!isDisposed) await notify('WATCHDOG=1');
    } catch (error) {
      logger.error('service.no-progress', { message: (error as Error).message });
    }
    schedule();
  };
  const schedule = (): void => {
    if (!isDisposed) cancel = scheduler.after(feedMs, () => void feed());
  };
  const dispose = (): void => {
    isDisposed = true;
    cancel();
  };
  return {
    async ready(status) {
      await notify('--ready', `--status=${status}`);
      if (isManaged && feedMs > 0) schedule();
    },
    async stopping() {
      dispose();
      await notify('STOPPING=1');
    },
    [Symbol.dispose]: dispose,
  };
}

/** How long the unit lets the process be silent; 0 when it has no watchdog, or it is meant for another process. */
function watchdogMs(env: Environment, pid: number): number {
  const microseconds = Number(env.WATCHDOG_USEC ?? 0);
  const isOurs = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === pid;
  return isOurs && Number.isFinite(microseconds) && microseconds > 0 ? microseconds / 1000 : 0;
}
