import { spawnSync } from 'node:child_process';
import { describeWhere } from './describe-where.js';

const isThere = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
/** Undefined where ffmpeg is there. */
export const FFMPEG_NOTICE = isThere ? undefined : 'ffmpeg is absent';

/** Declares a suite that needs ffmpeg. */
export function describeFfmpeg(title: string, declare: () => void): void {
  describeWhere(FFMPEG_NOTICE, title, declare);
}
