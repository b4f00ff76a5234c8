import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { Logger } from '../../core/logger.js';

/**
 * A console for packages that print: what they say is logged, at the level `debug`, so that the log stays one. Packages for
 * Bluetooth print for each connection of the other role on their adapter; what matters of it is logged by the transport.
 */
export function packageConsole(logger: Logger): Console {
  const log = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      logger.debug('package.says', { message: String(text).trim() });
      done();
    },
  });
  return new Console(log, log);
}
