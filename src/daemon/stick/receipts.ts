import { receiptLabel } from './labels.js';
import type { Stick, StickFile } from './stick.js';

/** A message that was taken from a stick, and is durable. */
export interface TakenFile {
  readonly file: StickFile;
  /** SHA-256 of its content, in hexadecimal digits. */
  readonly hash: string;
  /** It was for whoever took it, so that nobody else needs the file. */
  readonly isAddressed: boolean;
}

export interface ReceiptOutcome {
  readonly receipts: number;
  readonly removed: number;
  /** Tags of stations that could not be told, because the stick does not say who they are. */
  readonly unknownStations: readonly string[];
}

/** Of one receipt: well below what is read of a `messages-received`. */
const MAX_HASHES = 5000;

/**
 * Acknowledges what was taken to the stations where it waits, on the same stick, and removes what nobody needs there any
 * more: messages that were for the taker itself, once their receipt is durable. Everything else is removed by the
 * station that put it there. A second time writes the same receipts, that is none. Throws ERR_MEDIUM, and what `pack` throws.
 */
export async function acknowledgeTaken(
  stick: Stick,
  taken: readonly TakenFile[],
  pack: (to: string, hashes: readonly string[]) => Promise<Uint8Array>,
): Promise<ReceiptOutcome> {
  let receipts = 0;
  const unknownStations: string[] = [];
  const finished = taken.filter(({ file }) => file.waitsAt === undefined);
  for (const [tag, files] of byStation(taken)) {
    const did = await stick.stationOf(tag);
    if (did === undefined) {
      unknownStations.push(tag);
      continue;
    }
    for (let at = 0; at < files.length; at += MAX_HASHES) {
      const hashes = files.slice(at, at + MAX_HASHES).map(({ hash }) => hash);
      const label = receiptLabel(stick.tag, did, hashes.sort());
      if (stick.has(label)) continue;
      await stick.folder.write(label, await pack(did, hashes));
      receipts += 1;
    }
    finished.push(...files);
  }
  await stick.folder.sync();
  const addressed = finished.filter(({ isAddressed }) => isAddressed);
  for (const { file } of addressed) await stick.folder.remove(file);
  if (addressed.length > 0) await stick.folder.sync();
  return { receipts, removed: addressed.length, unknownStations };
}

function byStation(taken: readonly TakenFile[]): ReadonlyMap<string, TakenFile[]> {
  const stations = new Map<string, TakenFile[]>();
  for (const each of taken) {
    const tag = each.file.waitsAt?.tag;
    if (tag === undefined) continue;
    const files = stations.get(tag) ?? [];
    stations.set(tag, files);
    files.push(each);
  }
  return stations;
}
