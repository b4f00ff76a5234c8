import { WaypostError } from '../../core/errors.js';
import { withResolvers } from '../../core/with-resolvers.js';
import { type CodeReader, type DetectorClass, openCodeReader } from './code-reader.js';

/** What the page sees. */
export interface Camera {
  /**
   * Shows the camera in `video` and gives the texts of the QR codes that it sees, until `signal` aborts; then it resolves, and the
   * camera is off. A picture is looked at when `onCodes` is done with the one before it. Throws ERR_CAMERA, in words for
   * people, and what `onCodes` throws.
   */
  watch(
    video: HTMLVideoElement,
    onCodes: (texts: readonly string[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The texts of the QR codes in a picture that somebody took or chose. Throws ERR_PICTURE. */
  readPicture(picture: Blob): Promise<readonly string[]>;
}

/** Ten codes a second are shown: each is on three pictures of such a camera. Version 20 needs this many pixels. */
const WISHES: MediaStreamConstraints = {
  audio: false,
  video: {
    facingMode: { ideal: 'environment' },
    width: { ideal: 1280 },
    height: { ideal: 960 },
    frameRate: { ideal: 30 },
  },
};
/** Where the browser does not tell when there is a new picture. */
const PICTURE_MS = 33;

/** What is asked of the browser. */
export interface CameraBrowser {
  /** Undefined where the page was not opened by https: browsers then hide their cameras. */
  readonly devices: MediaDevices | undefined;
  /** Undefined where the browser has none. */
  readonly detector: DetectorClass | undefined;
}

export function createCamera({ devices, detector }: CameraBrowser): Camera {
  return {
    async watch(video, onCodes, signal) {
      const stream = await open(devices);
      try {
        using reader = await openCodeReader(detector);
        await show(video, stream);
        await look(video, stream, reader, onCodes, signal);
      } finally {
        for (const track of stream.getTracks()) track.stop();
        video.srcObject = null;
      }
    },
    async readPicture(picture) {
      const bitmap = await decode(picture);
      try {
        using reader = await openCodeReader(detector);
        return await reader.read(bitmap);
      } finally {
        bitmap.close();
      }
    },
  };
}

async function open(devices: MediaDevices | undefined): Promise<MediaStream> {
  if (devices?.getUserMedia === undefined) {
    throw problem('this browser gives its camera only to pages that were opened by https; take a picture instead');
  }
  try {
    return await devices.getUserMedia(WISHES);
  } catch (cause) {
    throw problem(reasonOf(cause), cause);
  }
}

/** Media Capture and Streams, "getUserMedia()". */
function reasonOf(cause: unknown): string {
  switch (cause instanceof DOMException ? cause.name : '') {
    case 'NotAllowedError':
      return 'the camera was not allowed to this page; the browser asks again when you change that in its settings for it';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'there is no camera here; choose a picture instead';
    case 'NotReadableError':
      return 'the camera cannot be used now: another program has it';
    default:
      return `the camera cannot be used: ${cause instanceof Error ? cause.name : 'unknown'}`;
  }
}

async function show(video: HTMLVideoElement, stream: MediaStream): Promise<void> {
  video.srcObject = stream;
  video.muted = true;
  video.playsInline = true; // iOS would fill the screen with it
  await video.play().catch(() => undefined); // interrupted, as by stopping at once
}

async function look(
  video: HTMLVideoElement,
  stream: MediaStream,
  reader: CodeReader,
  onCodes: (texts: readonly string[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (!stream.active) throw problem('the camera went away');
    await nextPicture(video);
    if (signal.aborted) return;
    const texts = await reader.read(video);
    if (texts.length > 0 && !signal.aborted) await onCodes(texts);
  }
}

/** A camera that gives no picture any more is noticed after a moment as well. */
function nextPicture(video: HTMLVideoElement): Promise<void> {
  const { promise, resolve } = withResolvers<void>();
  const isTold = 'requestVideoFrameCallback' in video;
  const timer = setTimeout(resolve, isTold ? 10 * PICTURE_MS : PICTURE_MS);
  if (isTold) video.requestVideoFrameCallback(() => resolve());
  return promise.finally(() => clearTimeout(timer));
}

async function decode(picture: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(picture);
  } catch (cause) {
    throw new WaypostError('ERR_PICTURE', 'this is no picture that the browser can show', { cause });
  }
}

function problem(what: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_CAMERA', what, { cause });
}
