import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { main } from '../../../src/daemon/cli.js';
import type { Environment } from '../../../src/daemon/io.js';
import type { Machine } from '../../../src/daemon/machine.js';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process, with nothing in its environment but `env`. */
export async function run(args: readonly string[], env: Environment = {}): Promise<Run> {
  let stdout = '';
  let stderr = '';
  const code = await main({
    argv: ['node', 'waypost', ...args],
    stdin: (async function* () {})(),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env,
  });
  return { code, stdout, stderr };
}

export function errorOf({ stderr }: Run): { code: string; message: string } {
  expect(stderr.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stderr).error;
}

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A machine that has the given files and nothing else; folders are seen from the files in them. */
export function fakeMachine(files: Readonly<Record<string, string>> = {}, overrides: Partial<Machine> = {}): Machine {
  const names = Object.keys(files);
  return {
    nodeVersion: '24.19.0',
    platform: 'linux',
    readText: async (file) => files[file],
    exists: async (file) => names.some((name) => name === file || name.startsWith(`${file}/`)),
    list: async (folder) => {
      const inside = names.filter((name) => name.startsWith(`${folder}/`));
      return [...new Set(inside.map((name) => name.slice(folder.length + 1).split('/')[0] ?? ''))];
    },
    fileSystem: async () => ({ type: 0xef53, freeBytes: 8 * 2 ** 30 }),
    writable: async () => 'yes',
    run: async () => undefined,
    connect: async () => 'connection refused',
    ...overrides,
  };
}
