/** What a simulated line does to bytes; both directions alike. */
export interface LinkProfile {
  readonly description: string;
  /** 8N1: ten bits a byte. */
  readonly baudRate: number;
  /** From one end to the other, without the time on the wire. */
  readonly latencyMs: number;
  /** Parts of all bytes: that have a bit flipped, that vanish, and before which another one appears. */
  readonly flipped: number;
  readonly dropped: number;
  readonly inserted: number;
  /** The cable has a loose contact: nothing passes for `offMs` after each `onMs`. */
  readonly flapping?: { readonly onMs: number; readonly offMs: number };
  /** Text that stands on the line, before everything and again after each `everyMs`: a microcontroller that boots. */
  readonly chatter?: { readonly text: string; readonly everyMs: number };
}

const CLEAN = { latencyMs: 1, flipped: 0, dropped: 0, inserted: 0 };

const BOOT_MESSAGE =
  'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nload:0x3fff0030,len:1344\r\nentry 0x400805f0\r\n\0\xff';

/** The profiles by name, as `waypost sim --profile` takes them. */
export const LINK_PROFILES = {
  clean: { description: 'a short cable at 115200 baud', baudRate: 115_200, ...CLEAN },
  fast: { description: 'a short cable at 921600 baud', baudRate: 921_600, ...CLEAN },
  adapter: { description: 'a USB adapter that hands on every 16 ms', baudRate: 115_200, ...CLEAN, latencyMs: 16 },
  'noisy-9600': {
    description: 'a long unshielded cable: one byte in 1000 is wrong',
    baudRate: 9600,
    latencyMs: 16,
    flipped: 0.001,
    dropped: 0,
    inserted: 0,
  },
  'noisy-115200': {
    description: 'the same, faster',
    baudRate: 115_200,
    latencyMs: 16,
    flipped: 0.001,
    dropped: 0,
    inserted: 0,
  },
  slipping: {
    description: 'clocks that do not agree: bytes vanish and appear',
    baudRate: 115_200,
    latencyMs: 4,
    flipped: 0.0002,
    dropped: 0.0004,
    inserted: 0.0004,
  },
  satellite: { description: 'a modem with 600 ms each way', baudRate: 19_200, ...CLEAN, latencyMs: 600 },
  flapping: {
    description: 'a loose contact: two seconds on, one off',
    baudRate: 115_200,
    ...CLEAN,
    flapping: { onMs: 2000, offMs: 1000 },
  },
  garbage: {
    description: 'a microcontroller that boots again every second and says so on the same line',
    baudRate: 115_200,
    ...CLEAN,
    flipped: 0.0001,
    chatter: { text: BOOT_MESSAGE, everyMs: 1000 },
  },
} as const satisfies Readonly<Record<string, LinkProfile>>;
