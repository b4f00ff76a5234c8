import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AgentFiles } from '../agent.js';

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
