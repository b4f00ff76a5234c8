import type { Scheduler } from '../../../core/scheduler.js';
import { type BackupDownload, createBackupDownload } from './backup-download.js';
import { type Carrying, type CarryingOptions, createCarrying } from './carrying.js';
import { createFirstRun, type FirstRun, type FirstRunOptions } from './first-run.js';
import { createPictures, type Pictures } from './pictures.js';
import { createRestoreUpload, type RestoreUpload, type RestoreUploadOptions } from './restore-upload.js';

/** What is done with a gateway now and then, and loaded when somebody does. */
export interface Tools extends AsyncDisposable {
  readonly firstRun: FirstRun;
  readonly carrying: Carrying;
  readonly pictures: Pictures;
  readonly backup: BackupDownload;
  readonly restore: RestoreUpload;
}

export interface ToolsOptions extends FirstRunOptions, CarryingOptions, RestoreUploadOptions {
  readonly scheduler: Scheduler;
}

export function openTools(options: ToolsOptions): Tools {
  const [pictures, backup] = [createPictures(options.scheduler), createBackupDownload(options)];
  return {
    firstRun: createFirstRun(options),
    carrying: createCarrying(options),
    pictures,
    backup,
    restore: createRestoreUpload(options),
    async [Symbol.asyncDispose]() {
      await Promise.all([pictures[Symbol.asyncDispose](), backup[Symbol.asyncDispose]()]);
    },
  };
}
