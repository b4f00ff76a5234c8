import { WaypostError } from '../../core/errors.js';
import { withResolvers } from '../../core/with-resolvers.js';
import type { CodeAnswer, CodeQuestion } from './code-worker.js';

/** A picture in the page, or one that a camera gives. */
export type Viewable = HTMLVideoElement | ImageBitmap;

/** Finds QR codes in pictures. Disposing ends what it runs. */
export interface CodeReader extends Disposable {
  /** The texts of the codes in a picture, none when there are none. One picture at a time. Throws ERR_PICTURE. */
  read(picture: Viewable): Promise<readonly string[]>;
}

/** Shape Detection API, "BarcodeDetector": not in all browsers, and in some of them without any format. */
interface Detector {
  detect(picture: Viewable): Promise<readonly { readonly rawValue: string }[]>;
}
export interface DetectorClass {
  new (options: { readonly formats: readonly string[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

const FORMAT = 'qr_code';
/** Longest side of what is looked at: a code of version 20 in it has seven pixels a module where it fills the picture. */
const MAX_SIDE = 1280;

/** `detector` is that of the browser, if it has one. It is faster, and used where it knows QR codes; else a worker of the page. */
export async function openCodeReader(detector: DetectorClass | undefined): Promise<CodeReader> {
  const formats = (await detector?.getSupportedFormats().catch(() => [])) ?? [];
  if (detector === undefined || !formats.includes(FORMAT)) return new WorkerReader();
  return new NativeReader(new detector({ formats: [FORMAT] }));
}

class NativeReader implements CodeReader {
  readonly #detector: Detector;
  #instead: WorkerReader | undefined;

  constructor(detector: Detector) {
    this.#detector = detector;
  }

  async read(picture: Viewable): Promise<readonly string[]> {
    if (this.#instead !== undefined) return this.#instead.read(picture);
    if (sizeOf(picture).width === 0) return [];
    try {
      const found = await this.#detector.detect(picture);
      return found.map(({ rawValue }) => rawValue);
    } catch {
      // Some browsers have it and lack the service behind it.
      this.#instead = new WorkerReader();
      return this.#instead.read(picture);
    }
  }

  [Symbol.dispose](): void {
    this.#instead?.[Symbol.dispose]();
  }
}

/** Finding a code takes from ten milliseconds to some tenths of a second, in which the page would stand still. */
class WorkerReader implements CodeReader {
  readonly #worker = new Worker(new URL('./code-worker.ts', import.meta.url), { type: 'module' });
  readonly #canvas = document.createElement('canvas');
  readonly #pen = this.#canvas.getContext('2d', { willReadFrequently: true, alpha: false });

  async read(picture: Viewable): Promise<readonly string[]> {
    const question = this.#pixelsOf(picture);
    if (question === undefined) return [];
    const { promise, resolve, reject } = withResolvers<readonly string[]>();
    const fail = (): void => reject(new WaypostError('ERR_PICTURE', 'the program that reads QR codes cannot run here'));
    this.#worker.onmessage = ({ data }: MessageEvent<CodeAnswer>) => resolve(data.texts);
    this.#worker.onerror = fail;
    this.#worker.postMessage(question, [question.pixels.buffer]);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  /** Undefined while there is no picture. */
  #pixelsOf(picture: Viewable): CodeQuestion | undefined {
    const { width, height } = sizeOf(picture);
    if (this.#pen === null || width === 0 || height === 0) return undefined;
    const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#pen.drawImage(picture, 0, 0, this.#canvas.width, this.#canvas.height);
    const image = this.#pen.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
    return { pixels: image.data, width: image.width, height: image.height };
  }
}

function sizeOf(picture: Viewable): { readonly width: number; readonly height: number } {
  if ('videoWidth' in picture) return { width: picture.videoWidth, height: picture.videoHeight };
  return picture;
}
