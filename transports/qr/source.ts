/** A picture in which QR codes may be. */
export interface EncodedPicture {
  readonly bytes: Uint8Array;
  /** What to call it in a log: the path of its file. */
  readonly name?: string;
}

/** Where pictures come from. Disposing ends the iteration and lets go of files and processes. */
export interface PictureSource extends AsyncIterable<EncodedPicture>, AsyncDisposable {
  /** Brings pictures that were already given once more, where that is possible. */
  repeat?(): void;
}
