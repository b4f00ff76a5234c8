/**
 * Follows the lengths of the packets in what a broker sends (MQTT 5.0, 2.1.4 "Remaining Length") and says when one is over
 * the limit, before its bytes are gathered: the parser of MQTT.js gathers up to 256 MB first. True also for a length that is
 * none.
 */
export class PacketGate {
  readonly #limitBytes: number;
  /** Of the packet that is passing. */
  #remainingBytes = 0;
  /** Bytes of its length that were read; undefined while its content passes. */
  #lengthBytesRead: number | undefined;
  #length = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  isOver(chunk: Uint8Array): boolean {
    let position = 0;
    while (position < chunk.length) {
      if (this.#remainingBytes > 0) {
        const passed = Math.min(this.#remainingBytes, chunk.length - position);
        this.#remainingBytes -= passed;
        position += passed;
      } else if (this.#lengthBytesRead === undefined) {
        this.#lengthBytesRead = 0; // the first byte of a packet is its type
        this.#length = 0;
        position++;
      } else if (this.#readLength(chunk[position++] ?? 0, this.#lengthBytesRead)) {
        return true;
      }
    }
    return false;
  }

  #readLength(byte: number, bytesRead: number): boolean {
    this.#length += (byte & 0x7f) * 128 ** bytesRead;
    if (this.#length > this.#limitBytes) return true;
    if (byte < 0x80) {
      this.#remainingBytes = this.#length;
      this.#lengthBytesRead = undefined;
      return false;
    }
    this.#lengthBytesRead = bytesRead + 1;
    return bytesRead === 3;
  }
}
