import { toBase64url } from '../../core/base64url.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import { checkPicture, type PictureLimits, pictureKindOf } from '../../core/picture.js';
import { type Attachment, attachmentBytes } from '../../envelope/attachment.js';
import type { PlaintextMessage } from '../../envelope/message.js';
import type { Picture } from '../storage/records.js';

/** Of a picture that is sent. With its envelopes it is a third of the 1 MiB that a gateway takes by default. */
export const MAX_SENT_PICTURE_BYTES = 200_000;

/** What is shown: a small file could otherwise unfold to more pixels than the device has memory for. */
const SHOWN: PictureLimits = { maxPictureBytes: 2 ** 20, maxPixels: 16_000_000 };
const MAX_SHOWN_PICTURES = 4;

/** A picture as an attachment of a message (DIDComm v2.1, "Attachments"). Throws ERR_TOO_LARGE. */
export function attachPicture({ mediaType, bytes }: Picture, index: number): Attachment {
  if (bytes.length > MAX_SENT_PICTURE_BYTES) {
    const what = `the picture has ${bytes.length} bytes, the limit is ${MAX_SENT_PICTURE_BYTES}`;
    throw new WaypostError('ERR_TOO_LARGE', what);
  }
  const data = { base64: toBase64url(bytes) };
  return { id: `picture-${index + 1}`, media_type: mediaType, byte_count: bytes.length, data };
}

/** What is attached to a message from outside. */
export interface Attached {
  readonly pictures: readonly Picture[];
  /** Attachments that are not shown. */
  readonly notShown: number;
}

/** The pictures of a message. What each is, its first bytes say: `media_type` is only what the sender calls it. Never throws. */
export function picturesIn({ attachments = [] }: Pick<PlaintextMessage, 'attachments'>): Attached {
  const pictures: Picture[] = [];
  for (const attachment of attachments) {
    if (pictures.length === MAX_SHOWN_PICTURES) break;
    const picture = pictureIn(attachment);
    if (picture !== undefined) pictures.push(picture);
  }
  return { pictures, notShown: attachments.length - pictures.length };
}

function pictureIn(attachment: Attachment): Picture | undefined {
  if (attachment.data.base64 === undefined) return undefined;
  try {
    const bytes = new Uint8Array(attachmentBytes(attachment) ?? []);
    checkPicture(bytes, SHOWN);
    return { mediaType: pictureKindOf(bytes) === 'png' ? 'image/png' : 'image/jpeg', bytes };
  } catch (error) {
    if (isWaypostError(error)) return undefined;
    throw error;
  }
}
