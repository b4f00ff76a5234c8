/**
 * Attribute values to and from one Bluetooth peer, in order. Without acknowledgement (notify, writes without response)
 * values can get lost unnoticed; with it they wait for each other. Iterating gives what arrives, to one consumer, and ends
 * with the connection or the subscription. Disposing closes the connection, unless another profile of it is still in use.
 */
export interface AttributeValues extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Of the peer's radio. Phones change it every few minutes, and anybody can claim it. */
  readonly peerAddress: string;
  /**
   * The longest value, in bytes, that can be sent: the MTU without 3, at most 512. Where the MTU is not told it is what is
   * known to be possible, and grows as more is.
   */
  readonly maxValueBytes: number;
  /** Copies or consumes `value`. Throws ERR_CHANNEL_CLOSED (retryable). */
  write(value: Uint8Array): Promise<void>;
}
