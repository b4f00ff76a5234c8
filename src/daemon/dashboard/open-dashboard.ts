import type { Scheduler } from '../../core/scheduler.js';
import { runChecks } from '../check/run-checks.js';
import type { DataFolder } from '../data-folder/layout.js';
import type { Environment } from '../io.js';
import type { Machine } from '../machine.js';
import type { Operator } from '../operator/operator.js';
import type { Cleanup } from '../run/cleanup.js';
import type { Dashboard } from './dashboard.js';
import type { LogRing } from './log-ring.js';
import { Sessions } from './sessions.js';
import type { Tools } from './tools/tools.js';

export interface DashboardOptions {
  readonly folder: DataFolder;
  readonly env: Environment;
  readonly passphrase: string | undefined;
  readonly machine: Machine;
  readonly operator: Operator;
  readonly scheduler: Scheduler;
  /** In which sticks are looked for. */
  readonly stickFolders: readonly string[];
  readonly clock: { nowMs(): number; monotonicMs(): number };
  readonly log: LogRing;
  /** Somebody gave the gateway another name. */
  onRenamed(name: string): void;
}

/** The dashboard of a gateway that runs in this process. */
export function openDashboard(options: DashboardOptions, cleanup: Cleanup): Dashboard {
  const { folder, env, passphrase, machine, clock, log } = options;
  let tools: Promise<Tools> | undefined;
  const loadTools = async (): Promise<Tools> => {
    const { openTools } = await import('./tools/tools.js');
    return cleanup.use(openTools(options));
  };
  return {
    log,
    sessions: new Sessions(() => clock.monotonicMs()),
    checks: () => runChecks({ machine, folder, env, nowMs: clock.nowMs(), passphrase }),
    tools() {
      tools ??= loadTools();
      return tools;
    },
  };
}
