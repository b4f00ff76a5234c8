import { type ErrorCode, isWaypostError, quote, WaypostError } from '../../core/errors.js';
import type { Curve } from '../../crypto/jwk.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { FIELD_BYTES } from '../../crypto/primitives.js';
import { type CreateDidOptions, createDid } from '../../did/create.js';
import { openAgent } from '../agent.js';
import type { AddCommand } from '../command.js';
import { EXIT, reportError, writeJson } from '../io.js';
import { type AgentOptions, addResolverOptions, choice, jsonValue } from './options.js';

interface CreateOptions {
  method: CreateDidOptions['method'];
  curve?: Curve;
  service?: unknown[];
}

export const addDidCommand: AddCommand = (program, io, finish) => {
  const did = program.command('did').description('Creates and resolves DIDs.');

  did
    .command('create')
    .description(
      'Creates a DID with fresh keys; prints {did, document, secrets}. The secrets are private: keep them so.',
    )
    .addOption(choice('--method <method>', 'DID method', ['key', 'peer2', 'peer4', 'jwk']).makeOptionMandatory())
    .addOption(choice('--curve <curve>', 'curve of the key (peer: of the key agreement key)', Object.keys(FIELD_BYTES)))
    .option('--service <json>', 'a service of a peer DID, as JSON (repeatable)', (text, previous: unknown[] = []) => [
      ...previous,
      jsonValue(text),
    ])
    .action((options: CreateOptions) => {
      writeJson(io, createDid(createNodePrimitives(), toCreateDidOptions(options)));
      finish(EXIT.done);
    });

  const resolve = did
    .command('resolve')
    .description('Prints the DID document. Exit code 0: found, 1: does not exist, 3: cannot be said now.')
    .argument('<did>');
  addResolverOptions(resolve).action(async (name: string, options: AgentOptions) => {
    const { resolver } = await openAgent(options);
    try {
      const document = await resolver.resolve(name);
      if (document === undefined) throw new WaypostError('ERR_DID_NOT_FOUND', `${quote(name, 200)} does not exist`);
      writeJson(io, document);
      finish(EXIT.done);
    } catch (error) {
      reportError(io, error);
      finish(exitCodeOf(error));
    }
  });
};

/** Exit code 1 says that the DID does not exist, and nothing else may say so. */
function exitCodeOf(error: unknown): number {
  if (isWaypostError(error, 'ERR_DID_NOT_FOUND')) return EXIT.failed;
  const isUnknown = isWaypostError(error) && (error.retryable || UNKNOWN_NOW.has(error.code));
  return isUnknown ? EXIT.notNow : EXIT.usage;
}

/** The DID itself is fine, but what was asked about it gave no usable answer. */
const UNKNOWN_NOW: ReadonlySet<ErrorCode> = new Set([
  'ERR_ADDRESS_REFUSED',
  'ERR_NETWORK',
  'ERR_DID_DOCUMENT',
  'ERR_TOO_LARGE',
]);

function toCreateDidOptions(options: CreateOptions): CreateDidOptions {
  const { method, curve, service } = options;
  if (method === 'peer2' || method === 'peer4') {
    if (curve === 'Ed25519' || curve === 'secp256k1') {
      throw new WaypostError('ERR_USAGE', `--curve ${curve} cannot agree on keys, which a peer DID needs`);
    }
    return {
      method,
      ...(curve === undefined ? {} : { curve }),
      ...(service === undefined ? {} : { services: service }),
    };
  }
  if (service !== undefined) throw new WaypostError('ERR_USAGE', `--service goes with --method peer2 or peer4`);
  return { method, ...(curve === undefined ? {} : { curve }) };
}
