import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AgentFiles } from '../agent.js';
import type { Flag, LoadedConfig } from '../config/load.js';
import { loadConfig } from '../config/load.js';
import { chooseDataFolder, type DataFolder } from '../data-folder/layout.js';
import { assertPrivate } from '../data-folder/permissions.js';
import type { Io } from '../io.js';
import { readPassphrase } from '../passphrase.js';

/** For options that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** Adds the options that say where keys, documents and permissions come from. */
export function addAgentOptions(command: Command): Command {
  return addResolverOptions(command).option(
    '--secrets <file>',
    'private JWKs, each with its key id as "kid"; or the output of "did create" (repeatable)',
    collect,
  );
}

export function addResolverOptions(command: Command): Command {
  return command
    .option('--did-docs <file>', 'a DID document or an array of them, which win over resolution (repeatable)', collect)
    .option('--did-cache <dir>', 'keep documents of did:web and did:webvh here, to be used when offline')
    .option('--allow-address <cidr>', 'a private network that resolution may reach (repeatable)', collect);
}

export type AgentOptions = AgentFiles;

/** An option that takes one of a few values. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices([...values]);
}

/** An option value that is JSON. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is not JSON.');
  }
}

/** An option value that is a whole number from 1, of at most so many digits. */
export function wholeNumber(maxDigits: number): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d*$/.test(text) && text.length <= maxDigits) return Number(text);
    throw new InvalidArgumentError('It is not a whole number from 1.');
  };
}

/** An option value that is a number of seconds, from 0 up to a limit. */
export function secondsUpTo(maxSeconds: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && value <= maxSeconds) return value;
    throw new InvalidArgumentError(`It is not a number of seconds up to ${maxSeconds}.`);
  };
}

/** Options of the commands that work on a data folder. */
export interface DataOptions {
  readonly data?: string;
  readonly passphraseFile?: string;
}

export function addDataOption(command: Command): Command {
  return command.option(
    '--data <dir>',
    'the data folder; default: WAYPOST_DATA, $STATE_DIRECTORY or ~/.local/share/waypost',
  );
}

export function addPassphraseOption(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    'holds the passphrase of the keys, - for standard input; default: WAYPOST_PASSPHRASE_FILE or the systemd credential waypost-passphrase',
  );
}

export function addJsonOption(command: Command): Command {
  return command.option('--json', 'for programs: JSON on one line');
}

export function addPublicUrlOption(command: Command): Command {
  return command.option(
    '--public-url <url>',
    'where others reach the gateway, such as https://gw.example.org, or the DID of its upstream (repeatable)',
    collect,
  );
}

/** What the options and the environment say about the data folder. */
export interface DataContext {
  readonly folder: DataFolder;
  readonly passphrase: string | undefined;
}

/** Throws ERR_USAGE, ERR_PASSPHRASE. */
export async function dataContext(options: DataOptions, io: Io): Promise<DataContext> {
  const env = io.env ?? {};
  const folder = chooseDataFolder(options.data, env);
  return { folder, passphrase: await readPassphrase(options.passphraseFile, io) };
}

/** The effective configuration of a data folder: its file < environment < flags. Throws ERR_CONFIG, ERR_DATA_FOLDER. */
export async function configOf(folder: DataFolder, io: Io, flags: readonly Flag[] = []): Promise<LoadedConfig> {
  await assertPrivate(folder.config);
  return loadConfig({ file: folder.config, env: io.env ?? {}, flags });
}

/** A flag of the configuration, where the option was given. */
export function configFlag(flag: string, path: string, value: string | readonly string[] | undefined): readonly Flag[] {
  return value === undefined ? [] : [{ flag, path, value }];
}
