import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { argumentsOf, execFormOf, flagOf, type Instruction, readDockerfile } from './dockerfile.js';

/**
 * What a builder makes of docker/Dockerfile, without one: each stage is a folder, in which COPY copies and RUN runs with this
 * machine's shell and npm. The lines that RUN therefore name no absolute paths.
 */
export interface Image {
  /** The root of the last stage. */
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly stopSignal: NodeJS.Signals;
  readonly uid: number;
  readonly gid: number;
  /** With paths as they are on this machine. */
  readonly env: Readonly<Record<string, string>>;
}

interface Stage {
  readonly root: string;
  folder: string;
  uid: number;
  gid: number;
  readonly env: Record<string, string>;
  readonly said: Map<string, Instruction>;
}

/** Builds below `folder`. Throws with the output of a step that fails, and for an instruction that it does not know. */
export function buildImage(folder: string): Image {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const instruction of readDockerfile().instructions) {
    const keyword = instruction.getKeyword();
    if (keyword === 'FROM') {
      const name = / AS (\S+)$/i.exec(argumentsOf(instruction))?.[1] ?? 'image';
      stage = beginStage(path.join(folder, name));
      stages.set(name, stage);
    } else if (stage !== undefined) follow(stage, instruction, stages);
  }
  if (stage === undefined) throw new Error('the Dockerfile has no stage');
  const { root, uid, gid, env, said } = stage;
  const words = (keyword: string): readonly string[] => {
    const instruction = said.get(keyword);
    return (instruction && execFormOf(instruction)) ?? [];
  };
  const stop = said.get('STOPSIGNAL');
  return {
    root,
    uid,
    gid,
    env,
    entrypoint: words('ENTRYPOINT'),
    command: words('CMD'),
    healthcheck: words('HEALTHCHECK'),
    stopSignal: (stop ? argumentsOf(stop) : 'SIGTERM') as NodeJS.Signals,
  };
}

/** Runs a program of the image as its user. */
export function runInImage(image: Image, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [command = '', ...args] = words;
  const { uid, gid, root: cwd } = image;
  return spawn(command, args, { cwd, uid, gid, env: { ...image.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The base image: this very Node where the base has its own, and the shell and npm of this machine. */
function beginStage(root: string): Stage {
  const programs = path.join(root, 'usr/local/bin');
  mkdirSync(programs, { recursive: true });
  copyFileSync(process.execPath, path.join(programs, 'node'));
  const env = { PATH: `${programs}:${process.env.PATH ?? ''}` };
  return { root, folder: '/', uid: 0, gid: 0, env, said: new Map() };
}

function follow(stage: Stage, instruction: Instruction, stages: ReadonlyMap<string, Stage>): void {
  const keyword = instruction.getKeyword() ?? '';
  const text = argumentsOf(instruction);
  switch (keyword) {
    case 'WORKDIR':
      stage.folder = path.resolve(stage.folder, text);
      mkdirSync(within(stage, '.'), { recursive: true });
      return;
    case 'COPY':
      copy(stage, instruction, stages);
      return;
    case 'RUN':
      execFileSync('/bin/sh', ['-ec', text], {
        cwd: within(stage, '.'),
        env: { ...builderEnv(), ...stage.env },
        stdio: 'pipe',
      });
      return;
    case 'ENV':
      for (const [, name = '', value = ''] of text.matchAll(/(\w+)=(\S+)/g))
        stage.env[name] = onThisMachine(stage, value);
      return;
    case 'USER':
      [stage.uid = 0, stage.gid = 0] = text.split(':').map(Number);
      return;
    case 'LABEL':
    case 'EXPOSE':
    case 'VOLUME':
    case 'STOPSIGNAL':
    case 'HEALTHCHECK':
    case 'ENTRYPOINT':
    case 'CMD':
      stage.said.set(keyword, instruction);
      return;
    default:
      throw new Error(`${keyword} is not known here`);
  }
}

/** How this machine reaches the registry is in its environment; what the test runner says there is not meant for npm. */
export function builderEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_ENV|VITEST|npm_(?!config_))/.test(name)),
  );
}

function copy(stage: Stage, instruction: Instruction, stages: ReadonlyMap<string, Stage>): void {
  const words = argumentsOf(instruction).split(/\s+/);
  const from = flagOf(instruction, 'from');
  const sources = words.slice(0, -1);
  const target = words.at(-1) ?? '';
  const other = from === undefined ? undefined : stages.get(from);
  for (const source of sources) {
    const files = other === undefined ? contextFiles(source) : [[path.join(other.root, source), ''] as const];
    for (const [file, name] of files) {
      // A folder is copied with what is in it, a file below its own name.
      const isInto = target.endsWith('/') && !statSync(file).isDirectory();
      const to = path.join(within(stage, target), name, isInto && name === '' ? path.basename(file) : '');
      cpSync(file, to, { recursive: true, verbatimSymlinks: true });
    }
  }
}

/** Files and folders of the repository that Dockerfile.dockerignore lets through, with their names in the target. */
function contextFiles(source: string): readonly (readonly [string, string])[] {
  const lines = readFileSync('docker/Dockerfile.dockerignore', 'utf8').split('\n');
  const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  if (source !== '.') {
    if (!allowed.includes(source)) throw new Error(`${source} is not in what the image is built from`);
    return [[path.resolve(source), path.basename(source)]];
  }
  return allowed.filter((name) => existsSync(name)).map((name) => [path.resolve(name), name]);
}

function within(stage: Stage, file: string): string {
  return path.join(stage.root, path.resolve(stage.folder, file));
}

/** Paths of the image in the value of a variable, and `$PATH`. */
function onThisMachine(stage: Stage, value: string): string {
  const parts = value.split(':').map((part) => (part.startsWith('/') ? path.join(stage.root, part) : part));
  return parts.join(':').replace('$PATH', stage.env.PATH ?? '');
}
