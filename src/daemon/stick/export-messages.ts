import { fromBase64url } from '../../core/base64url.js';
import { isWaypostError } from '../../core/errors.js';
import type { Offered, Operator } from '../operator/operator.js';
import { messageLabel, sha256 } from './labels.js';
import type { Stick, StickFile } from './stick.js';

/** What an export did so far. */
export interface ExportReport {
  written: number;
  /** Was on the stick already. */
  present: number;
  /** Acknowledged or otherwise gone here since they were put on the stick, and removed from it. */
  removed: number;
}

/** What of an operator is needed to export. */
export type Exporter = Pick<Operator, 'queues' | 'offer' | 'gone'>;

const PAGE = 500;

/**
 * Writes what waits onto the stick. Nothing leaves the store: it stays until its acknowledgement is back. `report` is kept
 * up to date, for when it breaks off. Throws ERR_MEDIUM, and what asking the gateway throws.
 */
export async function exportMessages(
  operator: Exporter,
  stick: Stick,
  isWanted: (destination: string) => boolean,
  report: ExportReport,
): Promise<void> {
  await stick.signIn();
  const onStick = new Map(stick.files.filter((file) => stick.isOwn(file)).map((file) => [file.label, file]));
  for await (const destination of destinationsOf(operator)) {
    if (!isWanted(destination)) continue;
    for await (const offered of messagesFor(operator, destination)) {
      const label = messageLabel(stick.tag, offered.hash);
      const file = onStick.get(label);
      onStick.delete(label);
      if (await write(stick, label, offered, file)) report.written += 1;
      else report.present += 1;
    }
  }
  await stick.folder.sync();
  report.removed += await removeGone(operator, stick, [...onStick.values()]);
}

/** Removes those files of this station whose messages have left its store. Gives how many. */
export async function removeGone(
  operator: Pick<Operator, 'gone'>,
  stick: Stick,
  files: readonly StickFile[],
): Promise<number> {
  let count = 0;
  for (let at = 0; at < files.length; at += PAGE) {
    const batch = files.slice(at, at + PAGE);
    const marks = batch.flatMap(({ waitsAt }) => (waitsAt === undefined ? [] : [waitsAt.mark]));
    const gone = new Set(await operator.gone(marks));
    for (const file of batch) {
      if (file.waitsAt === undefined || !gone.has(file.waitsAt.mark)) continue;
      await stick.folder.remove(file);
      count += 1;
    }
  }
  await stick.folder.sync();
  return count;
}

/** False when the stick has it, whole. */
async function write(stick: Stick, label: string, offered: Offered, file: StickFile | undefined): Promise<boolean> {
  if (file !== undefined) {
    if (await holds(stick, file, offered.hash)) return false;
    await stick.folder.remove(file);
  }
  await stick.folder.write(label, fromBase64url(offered.content, 'a message'));
  return true;
}

async function holds(stick: Stick, file: StickFile, hash: string): Promise<boolean> {
  try {
    return sha256(await stick.folder.read(file)) === hash;
  } catch (error) {
    if (!isWaypostError(error) || error.code === 'ERR_MEDIUM') throw error;
    return false;
  }
}

async function* destinationsOf(operator: Exporter): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const page = await operator.queues({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { destination } of page) yield destination;
    after = page.at(-1)?.destination;
    if (after === undefined || page.length < PAGE) return;
  }
}

async function* messagesFor(operator: Exporter, destination: string): AsyncGenerator<Offered> {
  for (let after: string | undefined; ; ) {
    const page = await operator.offer(destination, after);
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}
