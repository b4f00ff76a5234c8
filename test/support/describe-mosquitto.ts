import { describe, expect, test } from 'vitest';
import { hasMosquitto } from './mosquitto.js';

/** Declares a suite that needs Mosquitto. Where it is absent, the suite is shown as skipped, or fails with WAYPOST_CI=1. */
export function describeMosquitto(title: string, declare: () => void): void {
  if (hasMosquitto) describe(title, declare);
  else if (process.env.WAYPOST_CI === '1')
    test(title, () => expect.fail('mosquitto is absent, which WAYPOST_CI=1 does not allow'));
  else {
    process.stderr.write(`${title}: skipped, mosquitto is absent\n`);
    describe.skip(`${title}: skipped, mosquitto is absent`, () => test('needs mosquitto', () => {}));
  }
}
