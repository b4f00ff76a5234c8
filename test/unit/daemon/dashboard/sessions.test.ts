import { describe, expect, it } from 'vitest';
import { Sessions } from '../../../../src/daemon/dashboard/sessions.js';
import { ManualClock } from '../../../support/manual-clock.js';

function sessionsAt(clock = new ManualClock()): Sessions {
  return new Sessions(() => clock.monotonicMs());
}

const refused = expect.objectContaining({ code: 'ERR_NOT_ALLOWED' });

describe('sessions of the dashboard', () => {
  it('open with a code, once, however it is typed', () => {
    const sessions = sessionsAt();
    const { code } = sessions.issueCode();
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    const typed = ` ${code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`;
    const { session } = sessions.open(typed);
    expect(sessions.has(session)).toBe(true);
    expect(sessions.has(`${session}x`)).toBe(false);
    expect(() => sessions.open(code)).toThrow(refused);
  });

  it('do not open without a code, with one that is too old, or with one that another replaced', () => {
    const clock = new ManualClock();
    const sessions = sessionsAt(clock);
    expect(() => sessions.open('')).toThrow(refused);
    const first = sessions.issueCode();
    const second = sessions.issueCode();
    expect(() => sessions.open(first.code)).toThrow(refused);
    clock.advance(second.expiresInSeconds * 1000);
    expect(() => sessions.open(second.code)).toThrow(refused);
  });

  it('refuse to be guessed: ten tries at once, then one in a second', () => {
    const clock = new ManualClock();
    const sessions = sessionsAt(clock);
    const { code } = sessions.issueCode();
    for (let i = 0; i < 10; i++) expect(() => sessions.open('00000-00000')).toThrow(refused);
    const limited = expect.objectContaining({ code: 'ERR_RATE_LIMIT', retryable: true, retryAfterMs: 1000 });
    expect(() => sessions.open(code)).toThrow(limited);
    clock.advance(1000);
    expect(sessions.has(sessions.open(code).session)).toBe(true);
  });

  it('end when somebody signs out, and after their time', () => {
    const clock = new ManualClock();
    const sessions = sessionsAt(clock);
    const left = sessions.open(sessions.issueCode().code);
    const kept = sessions.open(sessions.issueCode().code);
    sessions.end(left.session);
    expect([sessions.has(left.session), sessions.has(kept.session)]).toEqual([false, true]);
    clock.advance(kept.expiresInSeconds * 1000);
    expect(sessions.has(kept.session)).toBe(false);
  });
});
