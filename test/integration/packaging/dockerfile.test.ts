import { existsSync, readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { isSettingName } from '../../../src/daemon/config/names.js';
import { SCHEMA } from '../../../src/daemon/config/schema.js';
import { argumentsOf, execFormOf, type Instruction, readDockerfile } from '../../support/docker/dockerfile.js';

const { text, instructions } = readDockerfile();
const named = (keyword: string): readonly Instruction[] =>
  instructions.filter((instruction) => instruction.getKeyword() === keyword);
/** Those of the image itself, after the stages that only make its parts. */
const last = instructions.slice(instructions.findLastIndex((instruction) => instruction.getKeyword() === 'FROM'));
const ofImage = (keyword: string): Instruction => {
  const [only, ...more] = last.filter((instruction) => instruction.getKeyword() === keyword);
  if (only === undefined || more.length > 0) throw new Error(`${more.length + (only ? 1 : 0)} times ${keyword}`);
  return only;
};
const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

describe('docker/Dockerfile', () => {
  it('is without a fault that the linter knows', () => {
    expect(validate(text)).toEqual([]);
  });

  it('builds on one base, whose exact version is that of the Node that the tests run on', () => {
    expect(named('ARG').map(argumentsOf)).toEqual([`NODE_IMAGE=node:${devDependencies.node}-bookworm-slim`]);
    for (const from of named('FROM'))
      expect(argumentsOf(from)).toMatch(/^(--platform=\$BUILDPLATFORM )?\$\{NODE_IMAGE\}/);
  });

  it('names no architecture outside of comments', () => {
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    expect(lines.join('\n')).not.toMatch(/amd64|arm64|armv7|x86|aarch/i);
  });

  it('runs as somebody who is not root, in exec form, and is asked for its health by itself', () => {
    expect(argumentsOf(ofImage('USER'))).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(execFormOf(ofImage('ENTRYPOINT'))).toEqual(['waypost']);
    expect(execFormOf(ofImage('CMD'))).toEqual(['start']);
    expect(execFormOf(ofImage('HEALTHCHECK'))).toEqual(['waypost', 'health']);
    expect(argumentsOf(ofImage('STOPSIGNAL'))).toBe('SIGTERM');
    expect(execFormOf(ofImage('VOLUME'))).toEqual(['/data']);
  });

  it('sets only settings that exist', () => {
    const names = [...argumentsOf(ofImage('ENV')).matchAll(/\b(WAYPOST_\w+)=/g)].map(([, name = '']) => name);
    expect(names).toEqual(['WAYPOST_DATA', 'WAYPOST_HTTP_LISTEN']);
    expect(names.filter((name) => !isSettingName(SCHEMA, name))).toEqual([]);
  });

  it('gets from the folder what exists, and nothing else', () => {
    const lines = readFileSync('docker/Dockerfile.dockerignore', 'utf8').trim().split('\n').slice(1);
    expect(lines[0]).toBe('*');
    for (const line of lines.slice(1)) expect(existsSync(line.replace(/^!/, '')), line).toBe(true);
  });
});
