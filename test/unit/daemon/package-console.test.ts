import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { packageConsole } from '../../../src/daemon/run/package-console.js';

test('what packages print is logged, a line at a time, whatever they print it with', () => {
  const said: unknown[] = [];
  const logger = { ...silentLogger, debug: (event: string, fields?: object) => void said.push([event, fields]) };
  const printer = packageConsole(logger);
  printer.log('noble warning: %s', 'x');
  printer.warn('second');
  expect(said).toEqual([
    ['package.says', { message: 'noble warning: x' }],
    ['package.says', { message: 'second' }],
  ]);
});
