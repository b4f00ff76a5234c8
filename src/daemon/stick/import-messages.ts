import { fromBase64url, toBase64url } from '../../core/base64url.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Operator } from '../operator/operator.js';
import { removeGone } from './export-messages.js';
import { sha256 } from './labels.js';
import { acknowledgeTaken, type TakenFile } from './receipts.js';
import { describeSkipped, type Stick, type StickFile } from './stick.js';

/** What an import did so far. */
export interface ImportReport {
  /** Taken into a queue. */
  stored: number;
  /** Were here already. */
  duplicates: number;
  /** Were for the importer itself. */
  handled: number;
  /** Acknowledgements that were written onto the stick. */
  receipts: number;
  /** Files that were removed from the stick, as nobody needs them there any more. */
  removed: number;
  /** Messages for somebody who is not served here; they stay on the stick. */
  others: number;
  /** What could not be taken, and why. */
  readonly skipped: Skipped[];
}

/** A file that stays on the stick. */
export interface Skipped {
  readonly code: string;
  readonly message: string;
  /** It may be taken later without anybody changing anything. */
  readonly retryable: boolean;
}

/** What of an operator is needed to import. */
export type Importer = Pick<Operator, 'take' | 'receipt' | 'gone'>;

export function newImportReport(): ImportReport {
  return { stored: 0, duplicates: 0, handled: 0, receipts: 0, removed: 0, others: 0, skipped: [] };
}

/**
 * Takes what a stick brings into the gateway, acknowledges it on the stick, and removes what is done. What cannot be taken
 * stays there and is listed in `report`, which is kept up to date for when it breaks off. `isForAnybody` as for
 * `Operator.take`. Throws ERR_MEDIUM, and what asking the gateway throws.
 */
export async function importMessages(
  operator: Importer,
  stick: Stick,
  isForAnybody: boolean,
  report: ImportReport,
): Promise<void> {
  for (const error of stick.refused) report.skipped.push(toSkipped(error, error.message));
  const taken: TakenFile[] = [];
  for (const file of stick.files) {
    if (stick.isOwn(file)) continue; // it still waits here, or is seen to below
    const content = await readOrSkip(stick, file, report);
    if (content === undefined) continue;
    const result = await operator.take(toBase64url(content), isForAnybody);
    if (result.outcome === 'refused') {
      if (result.code === 'ERR_NEXT_UNKNOWN') {
        report.others += 1;
        continue;
      }
      const { code, message, retryable } = result;
      report.skipped.push(toSkipped(new WaypostError(code, message, { retryable }), file.name));
      continue;
    }
    report[COUNTED_AS[result.outcome]] += 1;
    taken.push({ file, hash: sha256(content), isAddressed: result.outcome === 'handled' });
  }
  const pack = async (to: string, hashes: readonly string[]): Promise<Uint8Array> =>
    fromBase64url(await operator.receipt(to, hashes), 'a receipt');
  const { receipts, removed, unknownStations } = await acknowledgeTaken(stick, taken, pack);
  report.receipts += receipts;
  const own = stick.files.filter((file) => stick.isOwn(file));
  report.removed += removed + (await removeGone(operator, stick, own));
  for (const tag of unknownStations) report.skipped.push(unknownStation(tag));
}

const COUNTED_AS = { stored: 'stored', duplicate: 'duplicates', handled: 'handled' } as const;

/** Undefined when it cannot be read as a message; then that is in the report. */
export async function readOrSkip(
  stick: Stick,
  file: StickFile,
  report: Pick<ImportReport, 'skipped'>,
): Promise<Uint8Array | undefined> {
  try {
    return await stick.folder.read(file);
  } catch (error) {
    if (!isWaypostError(error) || error.code === 'ERR_MEDIUM') throw error;
    report.skipped.push(toSkipped(error, file.name));
    return undefined;
  }
}

export function toSkipped(error: WaypostError, name: string): Skipped {
  return { code: error.code, message: describeSkipped(name, error), retryable: error.retryable };
}

export function unknownStation(tag: string): Skipped {
  const message = `the stick does not say who the station ${tag} is, so nothing was acknowledged to it`;
  return { code: 'ERR_FILE_REFUSED', message, retryable: false };
}
