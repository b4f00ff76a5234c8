import type { LoadedConfig } from '../config/load.js';
import type { DataFolder } from '../data-folder/layout.js';
import type { Environment } from '../io.js';
import type { Machine } from '../machine.js';
import type { Operator } from '../operator/operator.js';
import type { PublicUrl } from '../public-url.js';

/** `note` is worth knowing, `warning` goes wrong some day, `error` does not work. */
export type Level = 'ok' | 'note' | 'warning' | 'error';

/** One thing that was looked at, in words for somebody who does not know the machine. */
export interface Finding {
  readonly level: Level;
  readonly message: string;
  /** A command, or what to do. */
  readonly fix?: string;
}

/** Findings that belong together. */
export interface CheckGroup {
  readonly group: string;
  readonly findings: readonly Finding[];
}

export interface CheckContext {
  readonly machine: Machine;
  readonly folder: DataFolder;
  readonly env: Environment;
  readonly nowMs: number;
  /** Undefined when it cannot be read, see `configError`. */
  readonly loaded: LoadedConfig | undefined;
  readonly configError: string | undefined;
  /** Of the gateway while it runs and can be asked. */
  readonly running: Pick<Operator, 'devices' | 'status'> | undefined;
  /** The URLs in the DID; undefined when there is no identity, or it is encrypted and the passphrase was not given. */
  readonly publicUrls: readonly PublicUrl[] | undefined;
}

export type Check = (context: CheckContext) => Promise<readonly Finding[]>;

export const ok = (message: string): Finding => ({ level: 'ok', message });
export const note = (message: string, fix?: string): Finding => finding('note', message, fix);
export const warning = (message: string, fix?: string): Finding => finding('warning', message, fix);
export const error = (message: string, fix?: string): Finding => finding('error', message, fix);

function finding(level: Level, message: string, fix: string | undefined): Finding {
  return fix === undefined ? { level, message } : { level, message, fix };
}
