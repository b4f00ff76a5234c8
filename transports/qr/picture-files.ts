import { join } from 'node:path';
import { toHex } from '../../src/core/bytes.js';
import { createShow, type ShowOptions } from '../../src/link/qr-show.js';
import { writeWhole } from './files.js';
import { encodePng } from './png.js';

export interface PictureFilesOptions extends ShowOptions {
  /** Pixels a module. Default 6. */
  readonly scale?: number;
  /** How many pictures more than are needed, as a part of these; with 0.25 one in five may get lost. Default 0.25. */
  readonly spare?: number;
  readonly signal?: AbortSignal;
}

/**
 * Writes messages as PNG pictures into a folder that exists, and gives their paths. The names tell message and symbol:
 * writing the same message again replaces the same pictures. Throws what {@link createShow} and {@link writeWhole} throw.
 */
export async function writePictures(
  messages: readonly Uint8Array[],
  folder: string,
  options: PictureFilesOptions = {},
): Promise<string[]> {
  const { scale = 6, spare = 0.25, signal } = options;
  const show = createShow(messages, options);
  const paths: string[] = [];
  for (const { modules, id, index } of show.firstPictures(spare)) {
    signal?.throwIfAborted();
    const path = join(folder, `${toHex(id)}-${String(index).padStart(5, '0')}.png`);
    await writeWhole(path, encodePng(modules, scale));
    paths.push(path);
  }
  return paths;
}
