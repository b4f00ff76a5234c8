import { WaypostError } from '../../core/errors.js';
import type { Config } from '../config/schema.js';
import type { PublicUrl } from '../public-url.js';
import type { Identity } from './identity.js';

/**
 * Refuses a configuration whose public URLs are not those of the DID: the DID is what others hold, so the URLs that
 * were only configured would never be used. Throws ERR_CONFIG with the command that helps.
 */
export function checkPublicUrls(config: Config, { current }: Identity): void {
  const wanted = config.publicUrls;
  if (wanted.length === 0 || sameUrls(wanted, current.publicUrls)) return;
  const options = wanted.map((url) => `--public-url ${url}`).join(' ');
  throw new WaypostError(
    'ERR_CONFIG',
    `the public URLs (${wanted.join(', ')}) are not those in the DID (${current.publicUrls.join(', ')}). ` +
      `To get a new DID with them, and keep serving the old one: waypost id rotate ${options}`,
  );
}

function sameUrls(a: readonly PublicUrl[], b: readonly PublicUrl[]): boolean {
  return a.length === b.length && a.every((url) => b.includes(url));
}
