import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from '../../../src/daemon/logger.js';

function setUp(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const time = { nowMs: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const logger = createLogger({
    write: (line) => lines.push(line),
    clock: { nowMs: () => time.nowMs },
    format: 'text',
    level: 'info',
    ...options,
  });
  return { logger, lines, time };
}

describe('createLogger', () => {
  it('writes a line for people', () => {
    const { logger, lines } = setUp();
    logger.info('delivery.failed', { did: 'did:web:a', failures: 3, why: 'no answer', none: undefined });
    expect(lines).toEqual([
      '2026-01-02T03:04:05.000Z info  delivery.failed did=did:web:a failures=3 why="no answer"\n',
    ]);
  });

  it('writes an object for programs, and a field cannot pass for the event', () => {
    const { logger, lines } = setUp({ format: 'json' });
    logger.warn('delivery.failed', { event: 'forged', level: 'forged', failures: 3 });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { failures: 3, time: '2026-01-02T03:04:05.000Z', level: 'warn', event: 'delivery.failed' },
    ]);
  });

  it('writes what is at least as important as the level', () => {
    const { logger, lines } = setUp({ level: 'warn' });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('a');
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['warn', 'error']);
  });

  it.each(['text', 'json'] as const)('writes one line of bounded length whatever a value holds (%s)', (format) => {
    const { logger, lines } = setUp({ format });
    logger.error('a', { value: `x\n2026-01-02T03:04:05.000Z error forged\r\x1b[31m${'y'.repeat(100_000)}` });
    expect(lines).toHaveLength(1);
    for (const control of ['\n', '\r', '\x1b']) expect(lines[0]?.slice(0, -1)).not.toContain(control);
    expect(lines[0]?.length).toBeLessThan(1500);
  });

  it('writes a repeated event 20 times a minute, and then how many were left out', () => {
    const { logger, lines, time } = setUp();
    for (let i = 0; i < 100; i++) logger.warn('link.lost');
    logger.warn('other');
    expect(lines).toHaveLength(21);
    time.nowMs += 60_000;
    logger.warn('link.lost', { a: 1 });
    expect(lines.at(-1)).toContain('link.lost a=1 suppressed=80');
    logger.warn('link.lost');
    expect(lines.at(-1)).not.toContain('suppressed');
  });

  it('goes on when the clock is set back', () => {
    const { logger, lines, time } = setUp();
    for (let i = 0; i < 30; i++) logger.warn('link.lost');
    time.nowMs -= 3_600_000;
    logger.warn('link.lost');
    expect(lines.at(-1)).toContain('suppressed=10');
  });
});
