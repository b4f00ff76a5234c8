import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { qrCodes } from '../../../transports/index.js';
import { WaypostError } from '../../core/errors.js';
import { createScheduler } from '../../core/scheduler.js';
import type { Unpacked } from '../../envelope/unpack.js';
import { programUrl } from '../program-url.js';
import type { Phone } from './stage.js';

/** A message that went over as pictures. */
export interface Filmed {
  readonly pictures: number;
  readonly missed: number;
  readonly unpacked: Unpacked;
}

/** The pictures that a camera misses: each of these. The code sends spare ones for them. */
const MISSES_EACH = 3;

/** Shows a packed message as QR codes, lets the phone film most of them, and opens what it saw. */
export async function filmMessage(packed: Uint8Array, phone: Phone, root: string): Promise<Filmed> {
  const folder = path.join(root, 'screen');
  await mkdir(folder);
  const pictures = await qrCodes.writePictures([packed], folder, { spare: 0.5 });
  const seen = pictures.filter((_, index) => index % MISSES_EACH !== MISSES_EACH - 1);
  const worker = { url: programUrl('qr-pictures', '../../transports/qr/picture-worker.ts') };
  await using reader = await qrCodes.createReader({ worker, scheduler: createScheduler() });
  for await (const finding of qrCodes.readPictures(seen, { reader })) {
    if (finding.kind !== 'message') continue;
    const unpacked = await phone.correspondent.envelopes.unpack(finding.message);
    return { pictures: pictures.length, missed: pictures.length - seen.length, unpacked };
  }
  throw new WaypostError('ERR_NETWORK', 'the pictures of the demo did not show a whole message');
}
