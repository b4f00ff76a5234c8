import { afterEach, describe, expect, it, vi } from 'vitest';
import { type DetectorClass, openCodeReader, type Viewable } from '../../../src/web-peer/media/code-reader.js';

/** A picture, as far as the detector of a browser looks at it. */
const PICTURE = { width: 4, height: 4 } as unknown as Viewable;
const NO_PICTURE_YET = { videoWidth: 0, videoHeight: 0 } as unknown as Viewable;

/** The detector of a browser that knows `formats`. */
function detectorWith(
  formats: readonly string[],
  detect: () => Promise<readonly { rawValue: string }[]>,
): DetectorClass {
  return class {
    static getSupportedFormats = async () => formats;
    detect = detect;
  };
}

describe('the reader of codes', () => {
  const workers = vi.fn();
  /** In place of the page's own program: Node has no workers of browsers. */
  class FakeWorker {
    onmessage: ((event: { data: { texts: readonly string[] } }) => void) | undefined;
    constructor(url: URL) {
      workers(url.pathname);
    }
    postMessage(): void {
      this.onmessage?.({ data: { texts: ['by the worker'] } });
    }
    terminate(): void {}
  }
  const pen = { drawImage: () => {}, getImageData: () => ({ data: new Uint8ClampedArray(64), width: 4, height: 4 }) };
  const browse = (): void => {
    vi.stubGlobal('Worker', FakeWorker);
    vi.stubGlobal('document', { createElement: () => ({ getContext: () => pen }) });
  };
  afterEach(() => {
    vi.unstubAllGlobals();
    workers.mockReset();
  });

  it('is that of the browser where it knows QR codes', async () => {
    browse();
    using reader = await openCodeReader(detectorWith(['qr_code'], async () => [{ rawValue: 'A' }, { rawValue: 'B' }]));
    expect(await reader.read(PICTURE)).toEqual(['A', 'B']);
    expect(await reader.read(NO_PICTURE_YET)).toEqual([]);
    expect(workers).not.toHaveBeenCalled();
  });

  it.each([
    ['there is none', undefined],
    ['it knows no QR codes', detectorWith([], async () => [])],
    [
      'it cannot say what it knows',
      Object.assign(
        detectorWith([], async () => []),
        { getSupportedFormats: () => Promise.reject() },
      ),
    ],
    ['its service is missing', detectorWith(['qr_code'], () => Promise.reject(new Error('no service')))],
  ])('is a worker of the page where %s', async (_, detector) => {
    browse();
    using reader = await openCodeReader(detector);
    expect(await reader.read(PICTURE)).toEqual(['by the worker']);
    expect(await reader.read(PICTURE)).toEqual(['by the worker']);
    expect(workers).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('code-worker'));
  });
});
