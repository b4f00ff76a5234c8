import { execFile } from 'node:child_process';
import { access, chmod, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attempt, isSystemError } from '../data-folder/atomic-file.js';

/** How a command ended. */
export interface Ran {
  /** -1: it could not be started, or took too long. */
  readonly code: number;
  /** What it wrote to standard output and standard error. */
  readonly output: string;
}

/**
 * The system that the service is installed on: this machine, or an image of one below a folder. All paths are absolute
 * ones of that system. Everything but `run` throws ERR_FILE.
 */
export interface ServiceHost {
  /** The folder that the system lies in; undefined: it is the one that runs. */
  readonly root: string | undefined;
  /** Where a file of that system lies for this process. */
  locate(file: string): string;
  exists(file: string): Promise<boolean>;
  /** Undefined when there is no such file. */
  readText(file: string): Promise<string | undefined>;
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Replaces a file in one step, readable by everybody. Makes its folder. */
  write(file: string, text: string): Promise<void>;
  /** Removes a file, or a folder with all that is in it. One that is not there is no error. */
  remove(file: string): Promise<void>;
  /** Removes a folder if nothing is left in it. */
  removeEmpty(folder: string): Promise<void>;
  /** Runs a command of this machine to its end. */
  run(command: string, args: readonly string[]): Promise<Ran>;
}

/** A unit may take 30 s to stop and 60 s to start. */
const RUN_MS = 120_000;
const MAX_OUTPUT_BYTES = 2 ** 20;

/** The files of this machine, or of the image below `root`. */
export function createServiceHost(root?: string): ServiceHost {
  const locate = (file: string): string => (root === undefined ? file : path.join(root, file));
  return {
    root,
    locate,
    exists: (file) =>
      access(locate(file)).then(
        () => true,
        () => false,
      ),
    readText: (file) => orUndefined(file, () => readFile(locate(file), 'utf8')),
    list: async (folder) => (await orUndefined(folder, () => readdir(locate(folder)))) ?? [],
    write: (file, text) =>
      attempt(file, async () => {
        const target = locate(file);
        const temporary = `${target}.new`;
        await mkdir(path.dirname(target), { recursive: true, mode: 0o755 });
        await writeFile(temporary, text);
        await chmod(temporary, 0o644); // whatever the umask is
        await rename(temporary, target);
      }),
    remove: (file) => attempt(file, () => rm(locate(file), { recursive: true, force: true })),
    async removeEmpty(folder) {
      // Somebody's own files keep it.
      await rmdir(locate(folder)).catch(() => undefined);
    },
    run: (command, args) =>
      new Promise((resolve) => {
        const options = { timeout: RUN_MS, maxBuffer: MAX_OUTPUT_BYTES };
        execFile(command, [...args], options, (error, stdout, stderr) => {
          const failed = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({
            code: failed,
            output: `${stdout}${stderr}`.trim() || (failed === -1 ? String(error?.message) : ''),
          });
        });
      }),
  };
}

function orUndefined<T>(file: string, read: () => Promise<T>): Promise<T | undefined> {
  return attempt(file, async () => {
    try {
      return await read();
    } catch (error) {
      if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return undefined;
      throw error;
    }
  });
}
