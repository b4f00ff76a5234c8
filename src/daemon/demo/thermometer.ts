import type { SensorLine } from '../../../firmware-sim/index.js';
import { WaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { createMemoryPartials } from '../../link/memory-partials.js';
import type { PartialStore } from '../../link/partial-store.js';
import { createTimers } from '../../transport/timers.js';
import type { AbortOptions, Transport } from '../../transport/transport.js';
import type { Cleanup } from '../run/cleanup.js';
import { openSerial } from '../run/links.js';
import type { DemoLine } from './serial-line.js';

/** What became of a reading of the thermometer. */
export interface SentReading {
  /** The DID of the thermometer. */
  readonly did: string;
  readonly content: string;
  readonly tookMs: number;
}

/** A thermometer at the end of a serial line: it registers with the gateway and sends one reading to `to`. */
export async function sendReading(
  line: DemoLine,
  gatewayDid: string,
  to: string,
  signal: AbortSignal,
): Promise<SentReading> {
  const { runDevice, seededRandom } = await import('../../../firmware-sim/index.js');
  await using partials = await createMemoryPartials({ clock: { nowMs: () => Date.now() } });
  const transport = await openTransport(line, partials);
  let did = '';
  let sent: { readonly content: string; readonly tookMs: number } | undefined;
  await runDevice({
    dial: (options) => transport.dial(line.device, options),
    gateway: { did: gatewayDid },
    to,
    count: 1,
    intervalMs: 0,
    random: seededRandom(1),
    primitives: createNodePrimitives(),
    timers: createTimers(createScheduler(), () => performance.now()),
    signal,
    say(event) {
      if (event.event === 'registered') did = event.did;
      if (event.event === 'sent') sent = event;
    },
  });
  if (sent === undefined) throw new WaypostError('ERR_NETWORK', 'the thermometer of the demo was not heard');
  return { did, ...sent };
}

/** The way of a thermometer that speaks no DIDComm, on the same kind of line. */
export async function openThermometerLine(line: DemoLine, cleanup: Cleanup) {
  const { lineOver } = await import('../../../firmware-sim/index.js');
  const partials = cleanup.use(await createMemoryPartials({ clock: { nowMs: () => Date.now() } }));
  const transport = await openTransport(line, partials);
  return async (options: AbortOptions): Promise<SensorLine> => lineOver(await transport.dial(line.device, options));
}

function openTransport({ openPort }: DemoLine, partials: PartialStore): Promise<Transport> {
  const maxMessageBytes = 64 * 1024;
  return openSerial({ stationName: 'thermometer', maxMessageBytes, partials, logger: silentLogger, openPort });
}
