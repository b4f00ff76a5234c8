/** Another form of a message, for links that both ends agreed it on. */
export interface MessageTransform {
  /** The other form of `message`; undefined where it would not come back byte for byte, or would not be shorter. */
  encode(message: Uint8Array): Uint8Array | undefined;
  /** The message of which `encoded` was made. Throws for what is not of this form, and where the message would be longer than `limitBytes`. */
  decode(encoded: Uint8Array, limitBytes: number): Uint8Array;
}
