import { type DeviceEvent, runDevice, seededRandom } from '../../../firmware-sim/index.js';
import { WaypostError } from '../../core/errors.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { parseInvitation } from '../../protocols/out-of-band.js';
import { createTimers } from '../../transport/timers.js';
import { type Io, writeJson } from '../io.js';
import { openAll } from '../run/cleanup.js';
import type { MediumOptions } from './medium.js';
import { openMedium } from './open-medium.js';
import { runPhones } from './run-phones.js';
import { showEvent } from './show-event.js';

export interface SimulateOptions extends Omit<MediumOptions, 'warn'> {
  readonly invitation: string;
  readonly to: string | undefined;
  readonly intervalMs: number;
  readonly count: number | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Runs a simulated device until it is done or `signal` aborts. Throws ERR_USAGE, and what {@link runDevice} throws. */
export async function simulate(io: Io, options: SimulateOptions): Promise<void> {
  const { invitation, seed, json, ...device } = options;
  const gateway = readInvitation(invitation);
  await openAll(async (cleanup) => {
    const warn = (line: string) => io.stderr.write(`${line}\n`);
    const {
      instructions,
      dial,
      others = [],
      isOneWay,
      gone,
    } = await openMedium({ ...options, warn }, gateway.foundAt, cleanup);
    for (const line of instructions) (json ? io.stderr : io.stdout).write(`${line}\n`);
    const common = {
      gateway: { did: gateway.did, invitationId: gateway.invitationId },
      ...(device.count === undefined ? {} : { count: device.count }),
      intervalMs: device.intervalMs,
      random: seededRandom(seed),
      primitives: createNodePrimitives(),
      timers: createTimers(createScheduler(), () => performance.now()),
      signal: gone === undefined ? device.signal : AbortSignal.any([device.signal, gone]),
    };
    if (others.length > 0) {
      const say = (phone: number, event: DeviceEvent): void =>
        json ? writeJson(io, { phone, ...event }) : void io.stdout.write(`Phone ${phone}: ${showEvent(event)}\n`);
      await runPhones({ ...common, dials: [dial, ...others], say });
    } else {
      const say = (event: DeviceEvent): void =>
        json ? writeJson(io, event) : void io.stdout.write(`${showEvent(event)}\n`);
      await runDevice({ ...common, dial, isOneWay, ...(device.to === undefined ? {} : { to: device.to }), say });
    }
    gone?.throwIfAborted();
    await cleanup[Symbol.asyncDispose]();
  });
}

function readInvitation(text: string) {
  try {
    const { id, from } = parseInvitation(text);
    return { did: from, invitationId: id, foundAt: /^(https?:\/\/[^/?#]+)/.exec(text)?.[1] };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new WaypostError('ERR_USAGE', `--invitation cannot be read: ${why}`, { cause });
  }
}
