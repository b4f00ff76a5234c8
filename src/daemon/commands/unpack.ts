import { DEFAULT_ENVELOPE_LIMITS } from '../../envelope/limits.js';
import { openAgent } from '../agent.js';
import type { AddCommand } from '../command.js';
import { EXIT, readStdin, writeJson } from '../io.js';
import { type AgentOptions, addAgentOptions } from './options.js';

export const addUnpackCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('unpack')
    .description('Opens the packed message on standard input; prints the message and what is proven of it, as JSON.');
  addAgentOptions(command).action(async (options: AgentOptions) => {
    const agent = await openAgent(options);
    writeJson(io, await agent.envelopes.unpack(await readStdin(io, DEFAULT_ENVELOPE_LIMITS.maxBytes)));
    finish(EXIT.done);
  });
};
