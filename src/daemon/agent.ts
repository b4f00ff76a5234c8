import { readFile } from 'node:fs/promises';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, parseJson } from '../core/json.js';
import { createNodePrimitives } from '../crypto/node.js';
import type { Primitives } from '../crypto/primitives.js';
import { staticDocuments } from '../did/document.js';
import { createDidResolver } from '../did/resolver.js';
import { createEnvelopes, type Envelopes } from '../envelope/envelopes.js';
import { createLocalSecrets } from '../envelope/local-secrets.js';
import type { DidResolver, SecretsResolver } from '../envelope/resolvers.js';
import { type NetworkDidOptions, networkMethods, openLongForms } from './network-dids.js';

/** The keys and documents that the commands for debugging envelopes work with. */
export interface Agent {
  readonly primitives: Primitives;
  readonly resolver: DidResolver;
  readonly secrets: SecretsResolver;
  readonly envelopes: Envelopes;
}

export interface AgentFiles extends NetworkDidOptions {
  /** Files with DID documents, which win over resolution. */
  readonly didDocs?: readonly string[];
  /** Files with private JWKs. */
  readonly secrets?: readonly string[];
}

const FILE_LIMITS = { maxBytes: 4 * 1024 * 1024, maxDepth: 100 };

/** Reads the files and wires resolver, secrets and envelopes. Throws ERR_CONFIG for a file that cannot be used. */
export async function openAgent(files: AgentFiles): Promise<Agent> {
  const primitives = createNodePrimitives();
  const documents = (await readLists(files.didDocs ?? [], 'document')).flat();
  const keys = (await readLists(files.secrets ?? [], 'secrets')).flat();
  const resolver = createDidResolver({
    primitives,
    longForms: await openLongForms(files),
    documents: configured('--did-docs', () => staticDocuments(documents)),
    methods: configured('--allow-address', () => networkMethods(files)),
  });
  const canonical = resolver.canonical.bind(resolver);
  const secrets = configured('--secrets', () => createLocalSecrets({ primitives, keys, canonical }));
  return { primitives, resolver, secrets, envelopes: createEnvelopes({ primitives, resolver, secrets }) };
}

/** Each file holds a value, an array of values, or the output of `did create`, which has them under `member`. */
async function readLists(files: readonly string[], member: 'document' | 'secrets'): Promise<unknown[][]> {
  const lists: unknown[][] = [];
  for (const file of files) {
    const value = await readJsonFile(file);
    const inner = isJsonObject(value) && value[member] !== undefined ? value[member] : value;
    lists.push(Array.isArray(inner) ? inner : [inner]);
  }
  return lists;
}

async function readJsonFile(file: string): Promise<unknown> {
  let text: Uint8Array;
  try {
    text = await readFile(file);
  } catch (cause) {
    throw new WaypostError('ERR_CONFIG', `file ${quote(file)} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return configured(file, () => parseJson(text, FILE_LIMITS, 'it'));
}

/** What is wrong with something that the caller configured is a configuration error. */
function configured<T>(source: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new WaypostError('ERR_CONFIG', `${source}: ${(cause as Error).message}`, { cause });
  }
}
