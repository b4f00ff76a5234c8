import { isWaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { type AdminOptions, openAdmin } from '../admin/server.js';
import type { LoadedConfig } from '../config/load.js';
import type { Cleanup } from './cleanup.js';

/**
 * Opens the admin API and gives its URL; null when it is off. A port that nobody asked for and somebody else has is no
 * reason not to serve: another one is taken, which the commands find in the data folder. Throws ERR_LISTEN.
 */
export async function startAdmin(
  { config, origins }: LoadedConfig,
  logger: Logger,
  cleanup: Cleanup,
  options: Omit<AdminOptions, 'listen'>,
): Promise<string | null> {
  const { listen } = config.admin;
  if (listen === 'off') return null;
  try {
    return cleanup.use(await openAdmin({ ...options, listen })).url;
  } catch (error) {
    if (!isWaypostError(error, 'ERR_LISTEN') || origins.has('admin.listen')) throw error;
    const { url } = cleanup.use(await openAdmin({ ...options, listen: { ...listen, port: 0 } }));
    logger.warn('admin.other-port', { url, message: error.message });
    return url;
  }
}
