import { fromUtf8 } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import { parseJsonObject } from '../../core/json.js';
import { type PublicJwk, toPublicJwk } from '../../crypto/jwk.js';
import { readSmallFile } from '../data-folder/small-file.js';
import { type Io, readStdin } from '../io.js';

const MAX_KEY_FILE_BYTES = 4096;

/**
 * The key of a device from a file or, for `-`, from standard input; undefined when there is no file. Throws ERR_CONFIG when it is
 * not there, ERR_TOO_LARGE, ERR_KEY_INVALID; no message quotes it.
 */
export async function readKey(file: string | undefined, io: Io): Promise<string | PublicJwk | undefined> {
  if (file === undefined) return undefined;
  const bytes = file === '-' ? await readStdin(io, MAX_KEY_FILE_BYTES) : await readSmallFile(file, MAX_KEY_FILE_BYTES);
  if (bytes === undefined) throw new WaypostError('ERR_CONFIG', `there is no file ${file}`);
  const text = fromUtf8(bytes).trim();
  if (!text.startsWith('{')) return text;
  return toPublicJwk(parseJsonObject(text, { maxBytes: MAX_KEY_FILE_BYTES, maxDepth: 2 }, 'the key'), 'the key');
}
