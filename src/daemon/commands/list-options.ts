import { type Command, InvalidArgumentError } from 'commander';
import { createNodePrimitives } from '../../crypto/node.js';
import { shortFormOf } from '../../did/short-form.js';
import type { Page } from '../../store/message-store.js';
import { addDataOption, addJsonOption, addPassphraseOption, type DataOptions } from './options.js';

/** Options of commands that ask the operator of a data folder. */
export interface AskOptions extends DataOptions {
  json?: boolean;
}

/** The same, for lists that are longer than a page. */
export interface PageOptions extends AskOptions {
  after?: string;
  limit: number;
}

const MAX_PAGE = 1000;

export function addAskOptions(command: Command): Command {
  return addJsonOption(addPassphraseOption(addDataOption(command)));
}

export function addPageOptions(command: Command): Command {
  return addAskOptions(command)
    .option('--after <name>', 'continue behind this one')
    .option('--limit <n>', `lines at most, up to ${MAX_PAGE}`, readLimit, MAX_PAGE);
}

export function pageOf({ after, limit }: PageOptions): Page {
  return after === undefined ? { limit } : { after, limit };
}

/** Queues and accounts have the canonical spelling of a DID; people paste what they have. */
export function canonicalDid(did: string): string {
  return shortFormOf(createNodePrimitives(), did) ?? did;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
  throw new InvalidArgumentError(`It is not a number from 1 to ${MAX_PAGE}.`);
}
