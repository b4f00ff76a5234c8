import { qrCodes } from '../../../transports/index.js';
import { fromBase64url } from '../../core/base64url.js';
import { WaypostError } from '../../core/errors.js';
import { createScheduler } from '../../core/scheduler.js';
import { programUrl } from '../program-url.js';
import { type ImportReport, toSkipped } from './import-messages.js';
import { type Exporter, offeredBy } from './offered.js';

/** In one animation: at ten codes a second a camera looks at this for some three minutes. */
const MAX_SHOWN_BYTES = 1024 * 1024;

/**
 * What waits for the wanted destinations, for showing it as QR codes. Throws ERR_TOO_LARGE when that would take too long,
 * and what asking the gateway throws.
 */
export async function messagesToShow(
  operator: Exporter,
  isWanted: (destination: string) => boolean,
): Promise<readonly Uint8Array[]> {
  const messages: Uint8Array[] = [];
  let bytes = 0;
  for await (const { content } of offeredBy(operator, isWanted)) {
    const message = fromBase64url(content, 'a message');
    bytes += message.length;
    if (bytes > MAX_SHOWN_BYTES) {
      const what = `more than ${MAX_SHOWN_BYTES} bytes wait, which is too much for QR codes; choose with --for`;
      throw new WaypostError('ERR_TOO_LARGE', what);
    }
    messages.push(message);
  }
  return messages;
}

/**
 * Takes the messages that pictures of QR codes show: PNG, JPEG and MJPEG files, and folders of them. What could not be read
 * is in the report.
 */
export async function takeFromPictures(
  paths: readonly string[],
  take: (message: Uint8Array) => Promise<void>,
  report: Pick<ImportReport, 'skipped'>,
): Promise<void> {
  const worker = { url: programUrl('qr-pictures', '../../transports/qr/picture-worker.ts') };
  await using reader = await qrCodes.createReader({ worker, scheduler: createScheduler() });
  for await (const finding of qrCodes.readPictures(paths, { reader })) {
    if (finding.kind === 'message') {
      await take(finding.message);
    } else if (finding.kind === 'skipped') {
      report.skipped.push(toSkipped(finding.reason, finding.path));
    } else {
      const { missingFrames, sourceFrames, messageBytes } = finding;
      const message = `a message of ${messageBytes} bytes needs ${missingFrames} more of ${sourceFrames} pictures`;
      report.skipped.push({ code: 'ERR_PICTURE', message, retryable: true });
    }
  }
}
