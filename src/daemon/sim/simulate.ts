import { runDevice, seededRandom } from '../../../firmware-sim/index.js';
import { WaypostError } from '../../core/errors.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { parseInvitation } from '../../protocols/out-of-band.js';
import { createTimers } from '../../transport/timers.js';
import { type Io, writeJson } from '../io.js';
import { openAll } from '../run/cleanup.js';
import type { MediumOptions } from './medium.js';
import { openMedium } from './open-medium.js';
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
    const { instructions, dial, isOneWay, gone } = await openMedium({ ...options, warn }, gateway.foundAt, cleanup);
    for (const line of instructions) (json ? io.stderr : io.stdout).write(`${line}\n`);
    await runDevice({
      dial,
      isOneWay,
      gateway: { did: gateway.did, invitationId: gateway.invitationId },
      ...(device.to === undefined ? {} : { to: device.to }),
      ...(device.count === undefined ? {} : { count: device.count }),
      intervalMs: device.intervalMs,
      random: seededRandom(seed),
      primitives: createNodePrimitives(),
      timers: createTimers(createScheduler(), () => performance.now()),
      say: (event) => (json ? writeJson(io, event) : io.stdout.write(`${showEvent(event)}\n`)),
      signal: gone === undefined ? device.signal : AbortSignal.any([device.signal, gone]),
    });
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
