import path from 'node:path';
import { quote, WaypostError } from '../../core/errors.js';
import type { ServiceHost } from './host.js';
import { HIDDEN_FOLDERS, type Words } from './unit.js';

/** This program: what is running now, or what the user names. */
export interface Program {
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of `dist/bin/waypost.js`. */
  readonly script: string;
}

/**
 * The command that the unit starts. Throws ERR_SERVICE when the system of `host` has no such files, or has them where a
 * service cannot see them.
 */
export async function commandOf(host: ServiceHost, { node, script }: Program): Promise<Words> {
  for (const file of [node, script]) {
    if (!path.isAbsolute(file) || /\p{Cc}/u.test(file)) {
      throw new WaypostError('ERR_SERVICE', `${quote(file)} is not an absolute path`);
    }
    if (!(await host.exists(file))) {
      const where = host.root === undefined ? '' : ` in ${host.root}; name the files there with --node and --program`;
      throw new WaypostError('ERR_SERVICE', `there is no ${file}${where}`);
    }
    const hidden = HIDDEN_FOLDERS.find((folder) => file.startsWith(`${folder}/`));
    if (hidden !== undefined) {
      const fix = 'install waypost (and Node) for everybody first: sudo npm install -g waypost';
      throw new WaypostError('ERR_SERVICE', `${file} is in ${hidden}, which a service does not see; ${fix}`);
    }
  }
  return [node, script, 'start'];
}
