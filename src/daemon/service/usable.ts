import { WaypostError } from '../../core/errors.js';
import type { ServiceHost } from './host.js';

/** sd_booted(3): whether systemd is what started this system. */
const BOOTED = '/run/systemd/system';

/**
 * Throws ERR_SERVICE when this process cannot change the services of the system; the message says what to do. An image needs
 * neither systemd running nor, where its files belong to the user, root.
 */
export async function assertUsable(host: ServiceHost, uid: number | undefined): Promise<void> {
  if (host.root !== undefined) return;
  if (!(await host.exists(BOOTED))) {
    const what = 'this machine is not run by systemd, so there is no service to install';
    const fix =
      'let its own service manager, or a container, run "waypost start"; for an image of another machine say --root DIR';
    throw new WaypostError('ERR_SERVICE', `${what}; ${fix}`);
  }
  if (uid !== 0) {
    throw new WaypostError(
      'ERR_SERVICE',
      'only root may do this: use sudo, or say --dry-run to see what would be done',
    );
  }
}
