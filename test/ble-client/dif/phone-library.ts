/*
 * "DIDComm over Bluetooth" as the libraries of phones do it (docs/transports/ble.md, "DIF"): text in pieces, each a value
 * that is acknowledged, and then EOM.
 */

export const UUID = {
  service: 'd2f195b62e804ab0be2432ebe761352f',
  toPeripheral: 'c3103dedafd7477cb2792ad264e20e74',
  toCentral: 'e6e97879780a4c9bb4e6dcae3793a3e8',
} as const;

/** In what the libraries of Animo (react-native-ble-didcomm 0.9) differ from each other. */
export interface PhoneLibrary {
  readonly name: string;
  /** How long the pieces are that it writes, and those that it indicates. */
  readonly writtenBytes: (mtu: number) => number;
  readonly indicatedBytes: (mtu: number) => number;
  /** What a connection left unfinished stands before the first message of the next one. */
  readonly keepsUnfinished: boolean;
}

export const ANDROID: PhoneLibrary = {
  name: 'Android',
  writtenBytes: (mtu) => mtu - 12,
  indicatedBytes: (mtu) => mtu - 12,
  keepsUnfinished: true,
};

/** iOS takes up to 512 bytes for a write with response, whatever the MTU, and prepares what a packet cannot hold. */
export const IOS: PhoneLibrary = {
  name: 'iOS',
  writtenBytes: () => 512,
  indicatedBytes: (mtu) => mtu - 3,
  keepsUnfinished: false,
};

const END = 'EOM';

/** The values of a message. */
export function valuesOf(text: string, pieceBytes: number): Buffer[] {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) => {
    return bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
  });
  return [...pieces, Buffer.from(END)];
}

/** Puts together what comes, and calls back with each message. */
export class TextJoiner {
  readonly #library: PhoneLibrary;
  readonly #onText: (text: string) => void;
  #text = '';

  constructor(library: PhoneLibrary, onText: (text: string) => void) {
    this.#library = library;
    this.#onText = onText;
  }

  add(value: Buffer): void {
    const piece = String(value);
    if (piece !== END) {
      this.#text += piece;
      return;
    }
    const text = this.#text;
    this.#text = '';
    this.#onText(text);
  }

  disconnected(): void {
    if (!this.#library.keepsUnfinished) this.#text = '';
  }
}
