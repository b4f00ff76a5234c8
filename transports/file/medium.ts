import { quote, WaypostError } from '../../src/core/errors.js';

/** What is wrong with the medium, by the code of the system: in words, and whether it may pass by itself. */
const TROUBLES: ReadonlyMap<string, readonly [what: string, retryable: boolean]> = new Map([
  ['ENOENT', ['is not there', true]],
  ['ENOTDIR', ['is not a folder', false]],
  ['ELOOP', ['is a symbolic link', false]],
  ['ENODEV', ['was pulled out', true]],
  ['ENXIO', ['was pulled out', true]],
  ['ESTALE', ['was pulled out', true]],
  ['ENOTCONN', ['was pulled out', true]],
  ['EIO', ['fails, or was pulled out', true]],
  ['ENOSPC', ['is full', false]],
  ['EDQUOT', ['is full', false]],
  ['EFBIG', ['takes no file of this size', false]],
  ['EROFS', ['is read-only', false]],
  ['EACCES', ['is not open to this user', false]],
  ['EPERM', ['is not open to this user', false]],
]);

/** Runs `action` on the medium at `path` and turns what the system refuses into ERR_MEDIUM. */
export async function onMedium<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    const [what, retryable] = TROUBLES.get(cause.code ?? '') ?? [`answers ${cause.code ?? cause.message}`, false];
    throw new WaypostError('ERR_MEDIUM', `${quote(path, 300)} ${what}`, { cause, retryable });
  }
}

export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('syscall' in error)) return false;
  return codes.length === 0 || codes.includes(String((error as NodeJS.ErrnoException).code));
}
