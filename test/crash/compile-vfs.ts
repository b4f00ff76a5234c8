import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** Compiles the recording VFS against the headers of the SQLite in use; undefined where there is no C compiler. */
export function compileRecordingVfs(): string | undefined {
  const compiler = process.env.CC ?? 'cc';
  if (spawnSync(compiler, ['--version']).status !== 0) return undefined;
  const folder = resolve('node_modules/.cache/waypost-test');
  mkdirSync(folder, { recursive: true });
  const output = resolve(folder, `recordingvfs-${process.pid}.so`);
  const headers = resolve('node_modules/better-sqlite3/deps/sqlite3');
  const source = resolve('test/crash/recording-vfs.c');
  const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror'];
  const { status, stderr } = spawnSync(compiler, [...flags, `-I${headers}`, '-o', output, source], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the recording VFS does not compile:\n${stderr}`);
  return output;
}
