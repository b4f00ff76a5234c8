import type { Command } from 'commander';
import { WaypostError } from '../../core/errors.js';
import { createScheduler } from '../../core/scheduler.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { persistently } from '../../mailbox/persistently.js';
import { createDeviceClock } from '../device-clock.js';
import type { Io } from '../io.js';
import { createLogger } from '../logger.js';
import { createMachine } from '../machine.js';
import { type CorrespondentOptions, createCorrespondent } from '../mailbox/correspondent.js';
import { type Mailbox, openMailbox } from '../mailbox/open-mailbox.js';
import { ensureRegistered } from '../mailbox/register.js';
import type { Cleanup } from '../run/cleanup.js';
import {
  addDataOption,
  addJsonOption,
  addPassphraseOption,
  collect,
  type DataContext,
  type DataOptions,
} from './options.js';

export interface MailboxOptions extends DataOptions {
  readonly invitation?: string;
  readonly allowAddress?: string[];
  readonly json?: boolean;
}

export function addMailboxOptions(command: Command): Command {
  addJsonOption(addPassphraseOption(addDataOption(command)));
  return command
    .option('--invitation <url>', 'of the gateway where the mailbox is; needed the first time')
    .option('--allow-address <cidr>', 'a private network that may be reached (repeatable)', collect);
}

/** A mailbox that its mediator knows, and who can use it. */
export interface OpenCorrespondent {
  readonly mailbox: Mailbox;
  readonly correspondent: Correspondent;
}

/**
 * Opens the mailbox of a data folder and registers it when it is new; everything is closed by `cleanup`. A mediator that is
 * away is waited for until `signal` aborts, or not at all without one. Throws ERR_NETWORK (retryable) when it was waited for
 * in vain, and what registering throws.
 */
export async function openCorrespondent(
  io: Io,
  options: MailboxOptions,
  context: DataContext,
  cleanup: Cleanup,
  signal?: AbortSignal,
): Promise<OpenCorrespondent> {
  const { folder, passphrase } = context;
  const mailbox: Mailbox = await openMailbox(folder, passphrase, options.invitation);
  const scheduler = createScheduler();
  const clock = await createDeviceClock({ machine: createMachine(), scheduler, trust: 'auto' });
  cleanup.defer(() => clock[Symbol.dispose]());
  const write = (line: string) => io.stderr.write(line);
  const logger = createLogger({ write, clock, format: options.json === true ? 'json' : 'text', level: 'info' });
  const common: Omit<CorrespondentOptions, 'mailbox'> = {
    allowAddress: options.allowAddress ?? [],
    clock,
    scheduler,
    logger,
  };
  const register = () => ensureRegistered(mailbox, passphrase, common);
  const registered = signal === undefined ? await register() : await persistently(register, { ...common, signal });
  if (registered === undefined) {
    const what =
      'the gateway of the mailbox could not be reached in time; the mailbox will be registered there when it is';
    throw new WaypostError('ERR_NETWORK', what, { retryable: true });
  }
  const correspondent = cleanup.use(await createCorrespondent({ ...common, mailbox: registered }));
  return { mailbox: registered, correspondent };
}
