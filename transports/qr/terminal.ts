import { WaypostError } from '../../src/core/errors.js';
import { createShow, type Show, type ShowOptions } from '../../src/link/qr-show.js';
import { type Modules, sideOf } from '../../src/link/qr-symbol.js';
import { channelClosed } from '../../src/transport/arrival.js';
import type { Timers } from '../../src/transport/reconnect.js';

/** What is needed of a terminal; `process.stdout` is one when it is a terminal. */
export interface Terminal {
  /** Undefined when it is not a terminal. */
  readonly columns?: number;
  readonly rows?: number;
  write(text: string, done: (error?: Error | null) => void): boolean;
}

export interface TerminalOptions extends ShowOptions {
  readonly terminal: Terminal;
  readonly timers: Timers;
  /** Pictures a second. Default 10: a camera with 30 then sees each of them whole at least once. */
  readonly framesPerSecond?: number;
  /** After how many rounds it ends. Default: never, only by `signal`. */
  readonly rounds?: number;
  readonly signal: AbortSignal;
}

/** Below this a message would be in so many codes that nobody holds a camera for so long. */
const MIN_VERSION = 4;
/** Black on white, whatever the colours of the terminal are: 256-colour palette, entries 16 and 231. */
const INK = '\x1b[38;5;16;48;5;231m';
const [PLAIN, ENTER, LEAVE] = ['\x1b[0m', '\x1b[?1049h\x1b[?25l\x1b[2J', '\x1b[0m\x1b[?25h\x1b[?1049l'];

/**
 * Shows messages on a terminal, in the largest codes that it has room for, two modules to a character. Resolves after
 * `rounds`. Throws the signal's reason, ERR_TOO_LARGE when the terminal is too small (or has become so) or the messages
 * are too large for it, and ERR_CHANNEL_CLOSED when it cannot be written to.
 */
export async function showOnTerminal(messages: readonly Uint8Array[], options: TerminalOptions): Promise<void> {
  const { terminal, timers, framesPerSecond = 10, rounds = Number.POSITIVE_INFINITY, signal } = options;
  const show = createShow(messages, { ...options, maxVersion: largestVersion(terminal, options.maxVersion ?? 20) });
  await write(terminal, ENTER);
  try {
    let dueMs = timers.now();
    for (const { modules, round } of show.pictures()) {
      if (round >= rounds) return;
      signal.throwIfAborted();
      checkFits(terminal, show.version);
      await write(terminal, `\x1b[H${drawHalfBlocks(modules)}${statusLine(show, messages, round)}`);
      dueMs = Math.max(dueMs + 1000 / framesPerSecond, timers.now());
      await timers.sleep(dueMs - timers.now(), signal);
    }
  } finally {
    await write(terminal, LEAVE);
  }
}

/** Rows of characters, each the upper and the lower of two rows of modules. */
export function drawHalfBlocks(modules: Modules): string {
  let text = '';
  for (let y = 0; y < modules.length; y += 2) {
    const [upper = [], lower] = [modules[y], modules[y + 1]];
    text += INK;
    for (const [x, dark] of upper.entries()) text += dark ? (lower?.[x] ? '█' : '▀') : lower?.[x] ? '▄' : ' ';
    text += `${PLAIN}\r\n`;
  }
  return text;
}

function statusLine(show: Show, messages: readonly Uint8Array[], round: number): string {
  const bytes = messages.reduce((sum, { length }) => sum + length, 0);
  const what = messages.length === 1 ? '1 message' : `${messages.length} messages`;
  return `${what}, ${bytes} bytes in ${show.picturesPerRound} codes, round ${round + 1}. Ctrl-C ends.\x1b[K`;
}

function largestVersion(terminal: Terminal, maxVersion: number): number {
  for (let version = maxVersion; version >= Math.min(MIN_VERSION, maxVersion); version--) {
    if (fits(terminal, version)) return version;
  }
  throw tooSmall(terminal, Math.min(MIN_VERSION, maxVersion));
}

function checkFits(terminal: Terminal, version: number): void {
  if (!fits(terminal, version)) throw tooSmall(terminal, version);
}

/** One row is for the line below the code. */
function fits({ columns = 0, rows = 0 }: Terminal, version: number): boolean {
  return columns >= sideOf(version) && rows >= rowsOf(version);
}

function rowsOf(version: number): number {
  return Math.ceil(sideOf(version) / 2) + 1;
}

function tooSmall({ columns, rows }: Terminal, version: number): WaypostError {
  const size = columns === undefined || rows === undefined ? 'no terminal' : `a terminal of ${columns} x ${rows}`;
  const needed = `${sideOf(version)} columns and ${rowsOf(version)} rows`;
  return new WaypostError('ERR_TOO_LARGE', `${size} has no room for a QR code: it takes ${needed}`);
}

function write(terminal: Terminal, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    terminal.write(text, (error) => {
      if (error) reject(channelClosed('the terminal cannot be written to'));
      else resolve();
    });
  });
}
