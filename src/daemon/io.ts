import { type ErrorCode, isWaypostError, WaypostError } from '../core/errors.js';

/** What a command sees of its process; tests pass their own. */
export interface Io {
  readonly argv: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Output;
  readonly stderr: { write(text: string): unknown };
  /** Environment variables; left out, there are none. */
  readonly env?: Environment;
}

export interface Output {
  write(text: string): unknown;
  /** Whether a person looks at it; left out, a program does. */
  readonly isTTY?: boolean;
  /** Characters of a line, and lines, where somebody looks. */
  readonly columns?: number;
  readonly rows?: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Exit codes, the same for every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, notNow: 3 } as const;

/** Reads standard input, up to a limit. Throws ERR_TOO_LARGE. */
export async function readStdin(io: Io, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > maxBytes)
      throw new WaypostError('ERR_TOO_LARGE', `standard input is over the limit of ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

export function writeJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Says on one line of standard error what went wrong, for people and programs alike, and returns the exit code. */
export function reportError(io: Io, error: unknown): number {
  const known = isWaypostError(error) ? error : internalError(error);
  io.stderr.write(`${JSON.stringify({ error: { code: known.code, message: known.message } })}\n`);
  if (SET_UP_WRONGLY.has(known.code)) return EXIT.usage;
  return known.retryable ? EXIT.notNow : EXIT.failed;
}

/** Trying again will not help; calling or configuring it in another way will. */
const SET_UP_WRONGLY: ReadonlySet<ErrorCode> = new Set([
  'ERR_USAGE',
  'ERR_CONFIG',
  'ERR_DATA_FOLDER',
  'ERR_LISTEN',
  'ERR_PASSPHRASE',
]);

function internalError(cause: unknown): WaypostError {
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new WaypostError('ERR_INTERNAL', `unexpected ${message}`, { cause });
}
