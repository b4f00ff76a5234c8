import v8 from 'node:v8';
import vm from 'node:vm';

/**
 * Gives back what starting needed and serving does not: code that ran once, the parsed configuration. V8 collects when
 * there is load, which on a quiet gateway may never come, and would keep those 5 MB until then. Stops the process for some
 * 20 to 100 ms, once.
 */
export function collectStartGarbage(): void {
  // Without the flag there is no way to ask; contexts that are made while it is set have the function.
  v8.setFlagsFromString('--expose-gc');
  const collect: unknown = vm.runInNewContext('gc');
  v8.setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}
