import { expect, it } from 'vitest';
import { loadConfig } from '../../../../src/daemon/config/load.js';
import { Sessions } from '../../../../src/daemon/dashboard/sessions.js';
import { inviteToFirstRun } from '../../../../src/daemon/run/announce.js';

const ADMIN = 'http://127.0.0.1:8081';

async function printed(isTTY: boolean, { admin = ADMIN as string | null, format = 'text' } = {}) {
  const sessions = new Sessions(() => 0);
  const { config } = await loadConfig({ env: { WAYPOST_LOG_FORMAT: format } });
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const io = { argv: [], stdin: (async function* () {})(), stdout: { write, isTTY }, stderr: { write } };
  inviteToFirstRun(io, config, admin, sessions);
  return { text, sessions };
}

it('prints a link that signs in once, to somebody who looks', async () => {
  const { text, sessions } = await printed(true);
  const [, code = ''] = /\/dashboard\/#code=([\w-]+)/.exec(text) ?? [];
  expect(text).toContain(`${ADMIN}/dashboard/#code=`);
  expect(sessions.open(code).session).not.toBe('');
  expect(() => sessions.open(code)).toThrow('the code is wrong, used, or too old');
});

it('prints no code where what is printed is kept, and nothing where programs read or there is no dashboard', async () => {
  expect((await printed(false)).text).toBe(
    'First run: "waypost dashboard" prints the link that signs in to the dashboard.\n',
  );
  expect((await printed(true, { format: 'json' })).text).toBe('');
  expect((await printed(true, { admin: null })).text).toBe('');
});
