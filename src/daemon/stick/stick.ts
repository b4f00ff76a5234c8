import { type MessageFile, type MessageFolder, transports } from '../../../transports/index.js';
import { isWaypostError, quote, type WaypostError } from '../../core/errors.js';
import { isJsonObject, parseJson } from '../../core/json.js';
import { isDid, MAX_DID_LENGTH } from '../../envelope/did-url.js';
import { isLabelOf, parseMessageLabel, stationFileName, tagOf } from './labels.js';

/** A message file and, where its label says so, at which station it waits. */
export interface StickFile extends MessageFile {
  readonly waitsAt: { readonly tag: string; readonly mark: string } | undefined;
}

/** The largest message that can be configured; what a gateway takes of it is its own business. */
const MAX_CARRIED_BYTES = 8 * 1024 * 1024;
const STATION_LIMITS = { maxBytes: MAX_DID_LENGTH + 256, maxDepth: 2 };

/** A folder that messages travel in, as one station sees it. Disposing closes it. */
export class Stick implements AsyncDisposable {
  readonly folder: MessageFolder;
  /** Of the station that looks at it. */
  readonly tag: string;
  readonly files: readonly StickFile[];
  /** Files that look like messages and cannot be. */
  readonly refused: readonly WaypostError[];
  readonly #did: string;
  readonly #labels: ReadonlySet<string>;

  private constructor(
    folder: MessageFolder,
    did: string,
    files: readonly StickFile[],
    refused: readonly WaypostError[],
  ) {
    this.folder = folder;
    this.files = files;
    this.refused = refused;
    this.tag = tagOf(did);
    this.#did = did;
    this.#labels = new Set(files.map(({ label }) => label));
  }

  /** Looks at a folder for the station with this DID, and removes what it left unfinished there. Throws ERR_MEDIUM. */
  static async open(folder: MessageFolder, did: string): Promise<Stick> {
    try {
      const { files, unfinished, refused } = await folder.list();
      const tag = tagOf(did);
      for (const file of unfinished) if (isLabelOf(tag, file.label)) await removeUnfinished(folder, file);
      const known = files.map((file) => ({ ...file, waitsAt: parseMessageLabel(file.label) }));
      return new Stick(folder, did, known, refused);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Whether this station put a file there. */
  isOwn({ label }: MessageFile): boolean {
    return isLabelOf(this.tag, label);
  }

  has(label: string): boolean {
    return this.#labels.has(label);
  }

  /** Says on the stick which DID the tag of this station stands for: receipts are for it. */
  async signIn(): Promise<void> {
    if ((await this.stationOf(this.tag)) === this.#did) return;
    const content = `${JSON.stringify({ format: 'waypost-station', version: 1, did: this.#did })}\n`;
    await this.folder.writeBeside(stationFileName(this.tag), new TextEncoder().encode(content));
  }

  /** The DID of the station with a tag; undefined when its file is missing or is not what it should be. */
  async stationOf(tag: string): Promise<string | undefined> {
    const name = stationFileName(tag);
    try {
      const content = await this.folder.readBeside(name, STATION_LIMITS.maxBytes);
      const value = content === undefined ? undefined : parseJson(content, STATION_LIMITS, name);
      const did = isJsonObject(value) ? value.did : undefined;
      return isDid(did) && tagOf(did) === tag ? did : undefined;
    } catch (error) {
      if (!isWaypostError(error) || error.code === 'ERR_MEDIUM') throw error;
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Opens the folder at `path`, see {@link Stick.open}. */
export async function openStick(path: string, did: string): Promise<Stick> {
  const transport = await transports.file({ limits: { maxMessageBytes: MAX_CARRIED_BYTES } });
  return Stick.open(await transport.openFolder(path), did);
}

/** A read-only stick with rubbish on it can still be read. */
async function removeUnfinished(folder: MessageFolder, file: MessageFile): Promise<void> {
  try {
    await folder.remove(file);
  } catch (error) {
    if (!isWaypostError(error, 'ERR_MEDIUM')) throw error;
  }
}

/** Why a file cannot be used, for people: which file, and what is wrong. */
export function describeSkipped(name: string, error: WaypostError): string {
  return error.message.includes(quote(name, 300)) ? error.message : `${quote(name, 300)}: ${error.message}`;
}
