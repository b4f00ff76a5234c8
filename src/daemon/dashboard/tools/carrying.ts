import { mkdir } from 'node:fs/promises';
import { type ErrorCode, isWaypostError, quote, WaypostError } from '../../../core/errors.js';
import { isSystemError } from '../../data-folder/atomic-file.js';
import type { Machine } from '../../machine.js';
import type { Operator } from '../../operator/operator.js';
import { type ExportReport, exportMessages } from '../../stick/export-messages.js';
import { type ImportReport, importMessages, newImportReport } from '../../stick/import-messages.js';
import { openStick } from '../../stick/stick.js';
import { findSticks, type StickPlace } from './sticks.js';

/** What is or was done last with a stick. */
export interface Carried {
  readonly kind: 'export' | 'import';
  readonly folder: string;
  readonly state: 'running' | 'done' | 'failed';
  /** Why it broke off. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** So far; lists are cut to a few. */
  readonly report: ExportReport | (ImportReport & { readonly skippedCount: number });
}

/** Exports to sticks and imports from them, one at a time. It goes on when the browser that asked for it is gone. */
export interface Carrying {
  sticks(): Promise<readonly StickPlace[]>;
  /** Null: nothing was done since the start. */
  last(): Carried | null;
  /** Begin with a folder of {@link sticks}. Throw ERR_INVALID_ARGUMENT for any other one, and while something is running. */
  export(folder: string): Promise<void>;
  /** `isForAnybody` as for `Operator.take`. */
  import(folder: string, isForAnybody: boolean): Promise<void>;
}

export interface CarryingOptions {
  readonly operator: Operator;
  readonly machine: Machine;
  readonly stickFolders: readonly string[];
}

const MAX_SKIPPED_SHOWN = 20;

export function createCarrying({ operator, machine, stickFolders }: CarryingOptions): Carrying {
  let last: (() => Carried) | undefined;
  const sticks = () => findSticks(machine, stickFolders);

  const begin = async (
    kind: Carried['kind'],
    folder: string,
    report: ExportReport | ImportReport,
    work: (did: string) => Promise<void>,
  ): Promise<void> => {
    if (!(await sticks()).some((place) => place.folder === folder)) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(folder, 300)} is on no stick that is here now`);
    }
    if (last?.().state === 'running') {
      throw new WaypostError('ERR_INVALID_ARGUMENT', 'something is being exported or imported; wait for it');
    }
    let state: Carried['state'] = 'running';
    let error: Carried['error'] = null;
    last = () => ({ kind, folder, state, error, report: shown(report) });
    const run = async (): Promise<void> => {
      try {
        await work((await operator.status()).did);
        state = 'done';
      } catch (cause) {
        error = described(cause);
        state = 'failed';
      }
    };
    void run();
  };

  return {
    sticks,
    last: () => last?.() ?? null,
    export(folder) {
      const report: ExportReport = { written: 0, present: 0, removed: 0 };
      return begin('export', folder, report, async (did) => {
        await makeFolder(folder);
        await using stick = await openStick(folder, did);
        await exportMessages(operator, stick, () => true, report);
      });
    },
    import(folder, isForAnybody) {
      const report = newImportReport();
      return begin('import', folder, report, async (did) => {
        await makeFolder(folder);
        await using stick = await openStick(folder, did);
        await importMessages(operator, stick, isForAnybody, report);
      });
    },
  };
}

/** Never a path of folders: where the stick is gone there is nothing to make one in. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (cause) {
    if (isSystemError(cause, 'EEXIST')) return;
    const why = isSystemError(cause) ? cause.message : String(cause);
    throw new WaypostError('ERR_MEDIUM', `${quote(folder, 300)} cannot be made: ${why}`, { cause, retryable: true });
  }
}

function shown(report: ExportReport | ImportReport): Carried['report'] {
  if (!('skipped' in report)) return { ...report };
  const { skipped } = report;
  return { ...report, skipped: skipped.slice(0, MAX_SKIPPED_SHOWN), skippedCount: skipped.length };
}

function described(cause: unknown): NonNullable<Carried['error']> {
  if (isWaypostError(cause)) return { code: cause.code, message: cause.message };
  return { code: 'ERR_INTERNAL', message: String(cause) };
}
