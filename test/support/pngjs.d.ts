/* The package has no types of its own; this is what is used of it. */
declare module 'pngjs' {
  interface PngOptions {
    readonly width?: number;
    readonly height?: number;
    /** 0: grey. */
    readonly colorType?: 0;
    readonly inputColorType?: 0;
    readonly inputHasAlpha?: boolean;
    readonly deflateLevel?: number;
  }
  export class PNG {
    constructor(options: PngOptions);
    width: number;
    height: number;
    data: Buffer;
    static readonly sync: { read(png: Uint8Array): PNG; write(png: PNG, options?: PngOptions): Buffer };
  }
}
