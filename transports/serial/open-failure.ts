import { access, constants, readFile, stat } from 'node:fs/promises';
import os from 'node:os';
import { quote, WaypostError } from '../../src/core/errors.js';

/** Linux's name of the group that serial ports belong to, where /etc/group cannot be read. */
const USUAL_GROUP = 'dialout';
const MAX_CAUSE_CHARS = 200;

/**
 * Why a port cannot be opened, found out before opening: the system's own message says less, and a file that is no
 * port must not be opened at all. Undefined when nothing speaks against it.
 */
export async function findObstacle(path: string): Promise<WaypostError | undefined> {
  try {
    const found = await stat(path);
    if (!found.isCharacterDevice()) {
      return new WaypostError('ERR_SERIAL_PORT', `${quote(path, 200)} is not a serial port but a file of another kind`);
    }
    await access(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const message = `there is no serial port ${quote(path, 200)} at the moment: nothing is plugged in, or its name is another`;
      return new WaypostError('ERR_NETWORK', message, { cause, retryable: true });
    }
    if (code === 'EACCES' || code === 'EPERM') return noPermission(path, cause);
    return new WaypostError('ERR_SERIAL_PORT', `${quote(path, 200)} cannot be looked at: ${code}`, { cause });
  }
}

/** What the driver below said when it could not open a port against which nothing spoke. It has no codes, only text. */
export function openFailed(path: string, cause: unknown): WaypostError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/cannot lock port|resource busy/i.test(text)) {
    const message = `the serial port ${quote(path, 200)} is in use by another program (sudo fuser -v ${path} names it)`;
    return new WaypostError('ERR_SERIAL_PORT', message, { cause, retryable: true });
  }
  if (/no such file|no such device/i.test(text)) {
    const message = `the serial port ${quote(path, 200)} went away while it was opened`;
    return new WaypostError('ERR_NETWORK', message, { cause, retryable: true });
  }
  const shown = quote(text, MAX_CAUSE_CHARS);
  return new WaypostError('ERR_SERIAL_PORT', `the serial port ${quote(path, 200)} cannot be opened: ${shown}`, {
    cause,
  });
}

async function noPermission(path: string, cause: unknown): Promise<WaypostError> {
  const group = await groupOf(path);
  const user = os.userInfo().username;
  const fix = `sudo usermod -aG ${group} ${user}, then start this again in a new login`;
  const message = `no permission for the serial port ${quote(path, 200)}, which belongs to the group ${group}: ${fix}`;
  return new WaypostError('ERR_SERIAL_PORT', message, { cause });
}

async function groupOf(path: string): Promise<string> {
  try {
    const [{ gid }, groups] = await Promise.all([stat(path), readFile('/etc/group', 'utf8')]);
    const name = groups.split('\n').find((line) => line.split(':')[2] === String(gid));
    return name?.split(':')[0] ?? USUAL_GROUP;
  } catch {
    return USUAL_GROUP;
  }
}
