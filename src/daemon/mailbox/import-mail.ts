import { isWaypostError } from '../../core/errors.js';
import type { Unpacked } from '../../envelope/unpack.js';
import { receiptFor } from '../../gateway/courier/courier.js';
import { Packer } from '../../gateway/packer.js';
import { openCarried } from '../../mailbox/carry.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { type ImportReport, readOrSkip, toSkipped, unknownStation } from '../stick/import-messages.js';
import { sha256 } from '../stick/labels.js';
import { acknowledgeTaken, type TakenFile } from '../stick/receipts.js';
import type { Stick } from '../stick/stick.js';
import type { Seen } from './seen.js';

export interface ImportMailOptions {
  readonly correspondent: Pick<Correspondent, 'did' | 'envelopes' | 'primitives' | 'clock' | 'resolver'>;
  readonly seen: Pick<Seen, 'has' | 'add'>;
  /** Shows a message; from then on it counts as received. */
  show(unpacked: Unpacked): void;
  readonly report: ImportReport;
}

/**
 * Shows what a stick brings for the owner of a mailbox, and acknowledges it there to the gateways where it waits. What is
 * for others is left alone. Throws ERR_MEDIUM.
 */
export async function importMail(options: ImportMailOptions, stick: Stick): Promise<void> {
  const { correspondent, report } = options;
  const { did, envelopes, primitives, clock, resolver } = correspondent;
  const packer = new Packer(envelopes, primitives, clock);
  for (const error of stick.refused) report.skipped.push(toSkipped(error, error.message));
  const taken: TakenFile[] = [];
  for (const file of stick.files) {
    if (stick.isOwn(file)) continue;
    const content = await readOrSkip(stick, file, report);
    if (content === undefined || !(await takeMail(options, content, file.name))) continue;
    taken.push({ file, hash: sha256(content), isAddressed: true });
  }
  const { receipts, removed, unknownStations } = await acknowledgeTaken(stick, taken, async (to, hashes) => {
    const recipient = { did: resolver.canonical(to), spelledAs: to };
    return (await packer.pack(receiptFor(hashes), did, recipient)).packed;
  });
  report.receipts += receipts;
  report.removed += removed;
  for (const tag of unknownStations) report.skipped.push(unknownStation(tag));
}

/** Shows a message, unless it was shown before; true when the owner of the mailbox has it now. `name` says which it is. */
export async function takeMail(options: ImportMailOptions, content: Uint8Array, name: string): Promise<boolean> {
  const { correspondent, report } = options;
  try {
    const unpacked = await openCarried(correspondent, content);
    if (unpacked === undefined) report.others += 1;
    else await showOnce(options, unpacked);
    return unpacked !== undefined;
  } catch (error) {
    if (!isWaypostError(error) || error.code === 'ERR_FILE') throw error; // ERR_FILE is about what was seen, not about this
    report.skipped.push(toSkipped(error, name));
    return false;
  }
}

async function showOnce({ seen, show, report }: ImportMailOptions, unpacked: Unpacked): Promise<void> {
  if (seen.has(unpacked)) {
    report.duplicates += 1;
    return;
  }
  show(unpacked);
  await seen.add(unpacked);
  report.handled += 1;
}
