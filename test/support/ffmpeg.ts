import { spawnSync } from 'node:child_process';
import { describeWhere } from './describe-where.js';

const isThere = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;

/** Declares a suite that needs ffmpeg. */
export function describeFfmpeg(title: string, declare: () => void): void {
  describeWhere(isThere ? undefined : 'ffmpeg is absent', title, declare);
}
