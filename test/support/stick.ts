import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { importMail } from '../../src/daemon/mailbox/import-mail.js';
import { createCourierOperator } from '../../src/daemon/operator/courier-operator.js';
import { type ExportReport, exportMessages } from '../../src/daemon/stick/export-messages.js';
import { type ImportReport, importMessages, newImportReport } from '../../src/daemon/stick/import-messages.js';
import { Stick } from '../../src/daemon/stick/stick.js';
import type { Unpacked } from '../../src/envelope/unpack.js';
import { createFileTransport } from '../../transports/file/transport.js';
import type { MessageFolder } from '../../transports/index.js';
import type { Agent } from './agent.js';
import { ManualClock } from './manual-clock.js';
import { envelopesOf, primitives, resolver, type Station } from './station.js';

/*
 * Stations in this process and a folder that goes round between them. All of it is what the commands use, except for the
 * way to the gateway.
 */

/** Wraps the folder, to watch it or make it fail. */
export type Wrap = (folder: MessageFolder) => MessageFolder;
const asItIs: Wrap = (folder) => folder;

export async function newStick(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-stick-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Names of message files on it. */
export async function messagesOn(stick: string): Promise<string[]> {
  return (await readdir(stick)).filter((name) => !/^waypost-[0-9a-f]{8}\.json$/.test(name)).sort();
}

function operatorOf({ store, gateway }: Station) {
  const courier = createCourierOperator(async () => gateway.courier);
  return { ...courier, queues: store.destinations.bind(store) };
}

async function open(stick: string, did: string, wrap: Wrap): Promise<Stick> {
  return Stick.open(wrap(await createFileTransport().openFolder(stick)), did);
}

export async function exportFrom(
  station: Station,
  stick: string,
  { wrap = asItIs, only }: { wrap?: Wrap; only?: string } = {},
): Promise<ExportReport> {
  const report = { written: 0, present: 0, removed: 0 };
  await using opened = await open(stick, station.did, wrap);
  const isWanted = (destination: string): boolean => only === undefined || destination === only;
  await exportMessages(operatorOf(station), opened, isWanted, report);
  return report;
}

export async function importInto(
  station: Station,
  stick: string,
  { wrap = asItIs, isForAnybody = false }: { wrap?: Wrap; isForAnybody?: boolean } = {},
): Promise<ImportReport> {
  const report = newImportReport();
  await using opened = await open(stick, station.did, wrap);
  await importMessages(operatorOf(station), opened, isForAnybody, report);
  return report;
}

/** Somebody with a DID who reads its mail from sticks. */
export class StickReader {
  readonly texts: unknown[] = [];
  readonly #agent: Agent;
  readonly #seen = new Set<string>();

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  async read(stick: string, wrap: Wrap = asItIs): Promise<ImportReport> {
    const { did, identity } = this.#agent;
    const report = newImportReport();
    await using opened = await open(stick, did, wrap);
    await importMail({
      correspondent: { did, envelopes: envelopesOf([identity]), primitives, resolver, clock: new ManualClock() },
      stick: opened,
      seen: {
        has: ({ message }: Unpacked) => this.#seen.has(message.id),
        add: async ({ message }) => void this.#seen.add(message.id),
      },
      show: ({ message }) => this.texts.push(message.body?.content),
      report,
    });
    return report;
  }
}
