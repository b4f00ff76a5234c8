import { spawnSync } from 'node:child_process';
import { describeWhere } from './describe-where.js';

const PROGRAMS = ['systemctl', 'systemd-analyze', 'systemd-sysusers'];
const missing = PROGRAMS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status !== 0);
/** It gives files in the scratch folder to users that it makes there. */
const reason = missing ?? (process.getuid?.() === 0 ? undefined : 'root');

/** Declares a suite that needs systemd's programs, and root for them. */
export function describeSystemd(title: string, declare: () => void): void {
  describeWhere(reason === undefined ? undefined : `there is no ${reason}`, title, declare);
}
