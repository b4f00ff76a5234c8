import { checkSensorSettings } from './cross-check-sensors.js';
import { showBytes } from './kinds.js';
import type { Problem } from './problem.js';
import type { Config } from './schema.js';
import { showListenAddress } from './value-kinds.js';

/** What is wrong although every value by itself is allowed. */
export function crossCheck(config: Config): readonly Problem[] {
  const { http, admin, store, upstreams, bluetooth } = config;
  const problems: Problem[] = [];
  upstreams.forEach((upstream, index) => {
    if ((upstream.did === undefined) !== (upstream.invitation === undefined)) return;
    problems.push({ at: ['upstreams', index], message: 'an upstream has either a did or an invitation' });
  });
  if (bluetooth.seek.length > 1 && bluetooth.seek.includes('all')) {
    problems.push({ at: ['bluetooth', 'seek'], message: '"all" stands alone: it would connect to all others, too' });
  }
  if (store.reservedBytes >= store.bytes) {
    problems.push({
      at: ['store', 'reservedBytes'],
      message: `${showBytes(store.reservedBytes)} leaves nothing of store.bytes, ${showBytes(store.bytes)}`,
    });
  }
  const shown = showListenAddress(http.listen);
  if (admin.listen !== 'off' && http.listen.port !== 0 && showListenAddress(admin.listen) === shown) {
    problems.push({ at: ['admin', 'listen'], message: `${shown} is already that of http.listen` });
  }
  problems.push(...checkSensorSettings(config));
  return problems;
}
