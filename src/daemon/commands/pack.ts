import { WaypostError } from '../../core/errors.js';
import { type JsonObject, parseJsonObject } from '../../core/json.js';
import { CONTENT_ENCRYPTION, type ContentEncryption } from '../../crypto/primitives.js';
import { didOf } from '../../envelope/did-url.js';
import { DEFAULT_ENVELOPE_LIMITS } from '../../envelope/limits.js';
import type { PlaintextMessage } from '../../envelope/message.js';
import type { PackOptions } from '../../envelope/pack.js';
import { type Agent, openAgent } from '../agent.js';
import type { AddCommand } from '../command.js';
import { EXIT, readStdin } from '../io.js';
import { type AgentOptions, addAgentOptions, choice, collect } from './options.js';

interface Options extends AgentOptions {
  mode: 'plain' | 'signed' | 'anon' | 'auth';
  from?: string;
  to?: string[];
  signBy?: string;
  enc?: ContentEncryption;
  hideSender?: boolean;
}

export const addPackCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('pack')
    .description('Packs the plaintext message on standard input; prints one envelope a line.')
    .addOption(choice('--mode <mode>', 'kind of envelope', ['plain', 'signed', 'anon', 'auth']).makeOptionMandatory())
    .option('--from <did>', 'the sender; default: the "from" of the message')
    .option('--to <did>', 'a recipient (repeatable); default: the "to" of the message', collect)
    .option('--sign-by <kid>', 'the key to sign with (signed, anon); default for signed: the first one of the sender')
    .addOption(choice('--enc <name>', 'content encryption of the anoncrypt envelope', Object.keys(CONTENT_ENCRYPTION)))
    .option('--hide-sender', 'wrap an authcrypt envelope in an anoncrypt one');
  addAgentOptions(command).action(async (options: Options) => {
    checkOptions(options);
    const input = await readStdin(io, DEFAULT_ENVELOPE_LIMITS.maxBytes);
    const message = parseJsonObject(input, DEFAULT_ENVELOPE_LIMITS, 'standard input');
    if (options.from !== undefined) message.from ??= options.from;
    const agent = await openAgent(options);
    const packOptions = await toPackOptions(agent, options, message);
    const envelopes = await agent.envelopes.pack(message as unknown as PlaintextMessage, packOptions);
    for (const { packed } of envelopes) io.stdout.write(`${packed}\n`);
    finish(EXIT.done);
  });
};

/** Refuses what the specification says not to emit, and options that would silently do nothing. */
function checkOptions(options: Options): void {
  const { mode, signBy, enc, hideSender, to } = options;
  if (mode === 'auth' && signBy !== undefined) {
    throw usage('--sign-by does not go with --mode auth: DIDComm says not to sign what is authcrypted');
  }
  if (mode === 'plain' && signBy !== undefined) throw usage('--sign-by goes with --mode signed or anon');
  if (hideSender === true && mode !== 'auth') throw usage('--hide-sender goes with --mode auth');
  if (enc !== undefined && (mode === 'plain' || mode === 'signed')) throw usage('--enc goes with --mode anon or auth');
  if (enc !== undefined && enc !== 'A256CBC-HS512' && mode === 'auth' && hideSender !== true) {
    throw usage('authcrypt allows --enc A256CBC-HS512 only; another one needs --hide-sender');
  }
  if (to !== undefined && (mode === 'plain' || mode === 'signed')) throw usage('--to goes with --mode anon or auth');
}

async function toPackOptions(agent: Agent, options: Options, message: JsonObject): Promise<PackOptions> {
  const { mode, signBy, enc, hideSender } = options;
  const from = options.from ?? text(message.from);
  if (mode === 'plain') return { mode };
  if (mode === 'signed') return { mode, signBy: signBy ?? (await firstSigningKey(agent, from)) };

  const to = options.to ?? (Array.isArray(message.to) ? (message.to as unknown[]).map(String) : []);
  if (to.length === 0) throw usage(`--mode ${mode} needs --to, or a "to" in the message`);
  const common = { to, curves: 'all', ...(enc === undefined ? {} : { enc }) } as const;
  if (mode === 'anon') return { mode, ...common, ...(signBy === undefined ? {} : { signBy }) };
  if (from === undefined) throw usage('--mode auth needs --from, or a "from" in the message');
  return { mode, ...common, from, hideSender: hideSender === true };
}

async function firstSigningKey(agent: Agent, from: string | undefined): Promise<string> {
  if (from === undefined) throw usage('--mode signed needs --sign-by or --from');
  const did = didOf(from);
  const document = await agent.resolver.resolve(did);
  const ids = (document?.authentication ?? []).map((method) => (typeof method === 'string' ? method : method.id));
  const [held] = await agent.secrets.find(ids.map((id) => (id.startsWith('#') ? `${did}${id}` : id)));
  if (held === undefined) {
    throw new WaypostError('ERR_SECRET_NOT_FOUND', 'no private key that the sender signs with is held');
  }
  return held;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function usage(message: string): WaypostError {
  return new WaypostError('ERR_USAGE', message);
}
