import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { createServiceManager, type ServiceManagerOptions } from '../../../src/daemon/sd-notify.js';

function setUp(options: Partial<ServiceManagerOptions> = {}) {
  const sent: string[] = [];
  const events: string[] = [];
  const waiting: { delayMs: number; run: () => void }[] = [];
  const manager = createServiceManager({
    env: { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '16000000', WATCHDOG_PID: '7' },
    pid: 7,
    run: async (command, args) => {
      sent.push([command, ...args].join(' '));
      return '';
    },
    scheduler: {
      after(delayMs, run) {
        const entry = { delayMs, run };
        waiting.push(entry);
        return () => void waiting.splice(waiting.indexOf(entry), 1);
      },
    },
    logger: { ...silentLogger, warn: (event) => events.push(event), error: (event) => events.push(event) },
    progress: async () => undefined,
    ...options,
  });
  const elapse = async (): Promise<void> => {
    for (const { run } of waiting.splice(0)) run();
    await new Promise(setImmediate);
  };
  return { manager, sent, events, waiting, elapse };
}

describe('createServiceManager', () => {
  it('says when the process is ready, alive and stopping', async () => {
    const { manager, sent, waiting, elapse } = setUp();
    await manager.ready('serving did:peer:2');
    expect(waiting.map(({ delayMs }) => delayMs)).toEqual([8000]);
    await elapse();
    await elapse();
    await manager.stopping();
    expect(waiting).toEqual([]);
    expect(sent).toEqual([
      'systemd-notify --ready --status=serving did:peer:2',
      'systemd-notify WATCHDOG=1',
      'systemd-notify WATCHDOG=1',
      'systemd-notify STOPPING=1',
    ]);
  });

  it('does not feed the watchdog without progress', async () => {
    let isStuck = false;
    const progress = async (): Promise<void> => {
      if (isStuck) throw new Error('the store does not answer');
    };
    const { manager, sent, events, elapse } = setUp({ progress });
    await manager.ready('');
    isStuck = true;
    await elapse();
    expect(sent).toHaveLength(1);
    expect(events).toEqual(['service.no-progress']);
    isStuck = false;
    await elapse();
    expect(sent.at(-1)).toBe('systemd-notify WATCHDOG=1');
  });

  it('does not feed the watchdog while progress hangs', async () => {
    const { manager, sent, waiting, elapse } = setUp({ progress: () => new Promise(() => {}) });
    await manager.ready('');
    await elapse();
    expect(sent).toHaveLength(1);
    expect(waiting).toEqual([]);
  });

  it.each([
    { name: 'no service manager', env: {}, count: 0 },
    { name: 'no watchdog', env: { NOTIFY_SOCKET: '/run/notify' }, count: 1 },
    {
      name: 'the watchdog of another process',
      env: { NOTIFY_SOCKET: '/a', WATCHDOG_USEC: '1000', WATCHDOG_PID: '8' },
      count: 1,
    },
  ])('feeds nothing where there is $name', async ({ env, count }) => {
    const { manager, sent, waiting } = setUp({ env });
    await manager.ready('');
    expect(waiting).toEqual([]);
    expect(sent).toHaveLength(count);
  });

  it('goes on when the service manager cannot be told', async () => {
    const { manager, events } = setUp({ run: async () => undefined });
    await manager.ready('');
    expect(events).toEqual(['service.notify-failed']);
  });
});
