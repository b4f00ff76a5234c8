import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile, statfs } from 'node:fs/promises';
import net from 'node:net';

/** What can be found out about the machine. Nothing here fails: what cannot be had is undefined, or empty. */
export interface Machine {
  readonly nodeVersion: string;
  /** Of node:process. */
  readonly platform: string;
  /** A small text file, such as those in /proc and /sys. */
  readText(file: string): Promise<string | undefined>;
  exists(file: string): Promise<boolean>;
  list(folder: string): Promise<readonly string[]>;
  fileSystem(folder: string): Promise<FileSystem | undefined>;
  /** Whether this process may write there: `read-only` when the file system is mounted so. */
  writable(folder: string): Promise<'yes' | 'no' | 'read-only'>;
  /** Standard output of a command that ends well in time. */
  run(command: string, args: readonly string[]): Promise<string | undefined>;
  /** Undefined when a TCP connection opens; otherwise why not. */
  connect(host: string, port: number): Promise<string | undefined>;
}

export interface FileSystem {
  /** As statfs(2) on Linux gives it, such as 0x01021994 for tmpfs. */
  readonly type: number;
  readonly freeBytes: number;
}

const RUN_MS = 3000;
const CONNECT_MS = 3000;
const MAX_OUTPUT_BYTES = 2 ** 20;

export function createMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    platform: process.platform,
    readText: (file) => orElse(undefined, readFile(file, 'utf8')),
    exists: (file) =>
      orElse(
        false,
        access(file).then(() => true),
      ),
    list: (folder) => orElse([], readdir(folder)),
    async fileSystem(folder) {
      const found = await orElse(undefined, statfs(folder));
      return found && { type: found.type, freeBytes: found.bavail * found.bsize };
    },
    async writable(folder) {
      try {
        await access(folder, constants.W_OK);
        return 'yes';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EROFS' ? 'read-only' : 'no';
      }
    },
    run: (command, args) =>
      new Promise((resolve) => {
        const options = { timeout: RUN_MS, maxBuffer: MAX_OUTPUT_BYTES };
        execFile(command, [...args], options, (error, stdout) => resolve(error === null ? stdout : undefined));
      }),
    connect: (host, port) =>
      new Promise((resolve) => {
        const socket = net.connect({ host, port });
        const settle = (why: string | undefined): void => {
          socket.destroy();
          resolve(why);
        };
        socket.setTimeout(CONNECT_MS, () => settle(`no answer within ${CONNECT_MS} ms`));
        socket.once('connect', () => settle(undefined));
        socket.once('error', (error) => settle(error.message));
      }),
  };
}

async function orElse<T>(otherwise: T, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch {
    return otherwise;
  }
}
