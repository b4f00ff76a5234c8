import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebvhVerification } from '../../../src/did/webvh.js';
import { readWebvhLog } from '../../../src/did/webvh-log.js';
import { createWebvhVerifier } from '../../../src/net/webvh-verifier.js';
import { createController, createLog, NOW_MS, toJsonLines } from '../did/webvh-logs.js';

const programUrl = new URL('../../../src/net/webvh-process.ts', import.meta.url);
const made = await createLog(createController());
const scid = made.did.split(':')[2] ?? '';
const task: WebvhVerification = {
  did: made.did,
  scid,
  log: readWebvhLog(made.did, scid, toJsonLines(made.log)),
  witnessProofs: [],
  nowMs: NOW_MS,
};
const notNow = (message = '') =>
  expect.objectContaining({ code: 'ERR_DID_UNAVAILABLE', retryable: true, message: expect.stringContaining(message) });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'waypost-worker-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A module that runs `program` in place of the verification. */
async function moduleOf(name: string, program: string): Promise<URL> {
  const file = path.join(folder, `${name}.mjs`);
  await writeFile(file, program);
  return pathToFileURL(file);
}

test('a valid log gives its state', async () => {
  const state = await createWebvhVerifier({ programUrl })(task);
  expect(state).toMatchObject({ deactivated: false, document: { id: made.did } });
});

test('writes nothing, although the library would under NODE_ENV=test', async () => {
  expect(await readdir('test')).not.toContain('logs');
});

describe('a process that fails is a log that cannot be verified now', () => {
  test.each([
    ['never answers', 'setInterval(() => {}, 1000);', '100 ms'],
    ['never pauses', 'for (;;);', '100 ms'],
    ['crashes', 'throw new Error("crash");', 'exit code 1'],
    ['ends early', 'process.exit(0);', 'ended early'],
  ])('when it %s', async (name, program, why) => {
    const verify = createWebvhVerifier({ programUrl: await moduleOf(name, program), timeoutMs: 100 });
    // Starting the process takes part of the time; only the ones that hang may run into the limit.
    const patient = createWebvhVerifier({ programUrl: await moduleOf(name, program), timeoutMs: 5000 });
    await expect((why === '100 ms' ? verify : patient)(task)).rejects.toEqual(notNow(why));
  });

  test('when it takes more memory than allowed', async () => {
    const greedy = await moduleOf('greedy', 'const all = []; for (;;) all.push(new Array(1000).fill(all.length));');
    await expect(createWebvhVerifier({ programUrl: greedy, maxHeapMb: 16 })(task)).rejects.toEqual(notNow('SIGABRT'));
  });

  test('when there is no such module', async () => {
    const verify = createWebvhVerifier({ programUrl: new URL('nowhere.js', import.meta.url) });
    await expect(verify(task)).rejects.toEqual(notNow('exit code 1'));
  });
});

test('one log after the other, and only so many waiting', async () => {
  const program =
    'const at = Date.now(); setTimeout(() => process.send({ valid: true, deactivated: false, document: [at, Date.now()] }), 50);';
  const verify = createWebvhVerifier({ programUrl: await moduleOf('slow', program), maxWaiting: 2 });
  const running = [verify(task), verify(task)];
  await expect(verify(task)).rejects.toEqual(notNow('2 others'));
  const [first, second] = (await Promise.all(running)).map((state) => state.document as [number, number]);
  expect(second?.[0]).toBeGreaterThanOrEqual(first?.[1] ?? Number.POSITIVE_INFINITY);
  await expect(verify(task)).resolves.toBeDefined();
});

test('a failure does not stop the next one', async () => {
  const once = await moduleOf(
    'odd',
    'process.on("message", ({ nowMs }) => { if (nowMs === 1) throw new Error("odd"); process.send({ valid: true, deactivated: true }); });',
  );
  const verify = createWebvhVerifier({ programUrl: once });
  const both = await Promise.allSettled([verify({ ...task, nowMs: 1 }), verify({ ...task, nowMs: 2 })]);
  expect(both.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
});
