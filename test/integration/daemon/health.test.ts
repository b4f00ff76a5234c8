import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, type Program, startDaemon } from '../../support/daemon.js';
import { testFolder } from '../../support/processes.js';

describe('waypost health', () => {
  let program: Program;
  beforeAll(() => {
    program = buildProgram();
  });
  afterAll(() => program.remove());

  it('is good while the gateway serves, and bad before, after its end, and after a kill -9', async () => {
    const folder = await testFolder();
    const health = () => program.run('health', '--data', folder, '--json');
    expect(await health()).toMatchObject({ code: 1, stdout: expect.stringContaining('"ready":false') });

    const first = await startDaemon(program, folder);
    const { code, stdout } = await health();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ready: true, parts: [{ part: 'store', ready: true }, {}, {}] });
    await first.kill();
    expect(await health()).toMatchObject({ code: 1, stdout: expect.stringContaining(`none runs on ${folder}`) });

    const second = await startDaemon(program, folder);
    expect(await health()).toMatchObject({ code: 0 });
    expect(await second.stop()).toBe(0);
    expect(await health()).toMatchObject({ code: 1 });
  });

  it('says that it cannot ask a gateway without the admin API', async () => {
    const folder = await testFolder();
    await using _daemon = await startDaemon(program, folder, { args: ['--admin', 'off'] });
    const { code, stderr } = await program.run('health', '--data', folder);
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error.code).toBe('ERR_CONFIG');
  });
});
