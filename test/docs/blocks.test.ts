import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { loadConfig } from '../../src/daemon/config/load.js';
import { createIdentity } from '../../src/daemon/identity/identity.js';
import { invitationUrl } from '../../src/daemon/identity/invitation.js';
import { hashMqttPassword } from '../../transports/index.js';
import { documents, lineLike, readBlocks, readSteps } from '../support/docs/blocks.js';

const COMMAND = /^ {4,}\$? ?(npx|waypost|sudo|npm|docker|node|openssl) /;

describe.each(documents())('%s', (file) => {
  it('has commands only where a test types them, or says why none does', () => {
    let isFenced = false;
    const loose = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => {
        if (/^ *```/.test(line)) isFenced = !isFenced;
        return !isFenced && COMMAND.test(line);
      });
    const kinds = readBlocks(file).filter(
      ({ kind, text }) => kind !== 'sh' && kind !== 'console' && /^(npx )?waypost /m.test(text),
    );
    expect([loose, kinds.map(({ place }) => place)]).toEqual([[], []]);
  });

  it('shows what is to be seen of everything that is left running', () => {
    const steps = readSteps(file);
    const unseen = steps.filter(
      (step, index) => step.step === 'commands' && step.isLeftRunning && steps[index + 1]?.step !== 'shown',
    );
    expect(unseen.map(({ place }) => place)).toEqual([]);
  });

  it('has settings that the program takes', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-docs-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [secret] = invitationUrl(createIdentity(createNodePrimitives(), ['https://mediator.example']))
      .split('?')
      .slice(1);
    for (const { kind, text, place } of readBlocks(file)) {
      if (kind !== 'yaml') continue;
      const whole = text
        .replaceAll('?_oob=...', `?${secret}`)
        .replaceAll('scrypt:...', await hashMqttPassword('a password'));
      const config = path.join(folder, 'config.yaml');
      await writeFile(config, whole, { mode: 0o600 });
      await expect(loadConfig({ file: config }), place).resolves.toBeDefined();
    }
  });
});

describe('what is shown of an output', () => {
  it.each([
    ['Ready: ... and ble:...', 'Ready: http://127.0.0.1:8080 and ble:, admin http://127.0.0.1:8081'],
    ['WHO    OVER', 'WHO              OVER'],
    ['12:00:00  held (4.5 KiB) for 3 s', '19:46:40  held (612 bytes) for 0.2 s'],
  ])('%s is like %s', (shown, line) => expect(line).toMatch(lineLike(shown)));

  it.each([
    ['1 messages taken, ...', '2 messages taken, 0 were here already'],
    ['Ready', 'Not Ready'],
    ['a.b', 'a-b'],
  ])('%s is not like %s', (shown, line) => expect(line).not.toMatch(lineLike(shown)));
});
