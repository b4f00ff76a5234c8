import { WaypostError } from '../../core/errors.js';
import type { AddCommand } from '../command.js';
import { EXIT, type Io, writeJson } from '../io.js';
import type { Why } from '../operator/operator.js';
import {
  type AskOptions,
  addAskOptions,
  addPageOptions,
  canonicalDid,
  type PageOptions,
  pageOf,
} from './list-options.js';
import { withOperator } from './operator-command.js';
import { collect } from './options.js';
import { countOf, showDuration, showSize, writeTable } from './show.js';

interface PurgeOptions extends AskOptions {
  id?: string[];
  all?: boolean;
}

export const addQueueCommand: AddCommand = (program, io, finish) => {
  const queue = program
    .command('queue')
    .description('Shows and purges what waits, also while the gateway does not run.');

  addPageOptions(queue.command('ls').description('Lists for whom something waits.')).action(
    async (options: PageOptions) => {
      const queues = await withOperator(io, options, 'queue ls', (operator) => operator.queues(pageOf(options)));
      const rows = queues.map(({ destination, messages, bytes, oldestAgeMs = 0 }) => [
        String(messages),
        showSize(bytes),
        showDuration(oldestAgeMs),
        destination,
      ]);
      if (options.json === true) writeJson(io, queues);
      else writeTable(io, [['MESSAGES', 'SIZE', 'OLDEST', 'FOR'], ...rows]);
      finish(EXIT.done);
    },
  );

  addPageOptions(
    queue
      .command('show')
      .description('Lists what waits for one DID, without contents.')
      .argument('<did>', 'as "queue ls" shows it'),
  ).action(async (did: string, options: PageOptions) => {
    const messages = await withOperator(io, options, 'queue show', (operator) =>
      operator.messages(canonicalDid(did), pageOf(options)),
    );
    const rows = messages.map(({ id, priority, bytes, ageMs }) => [id, priority, showSize(bytes), showDuration(ageMs)]);
    if (options.json === true) writeJson(io, messages);
    else writeTable(io, [['ID', 'PRIORITY', 'SIZE', 'AGE'], ...rows]);
    finish(EXIT.done);
  });

  addAskOptions(
    queue
      .command('why')
      .description('Says what became of a message. Exit code 1: it is not known.')
      .argument('<id>', 'of a message'),
  ).action(async (id: string, options: AskOptions) => {
    const why = await withOperator(io, options, 'queue why', (operator) => operator.why(id));
    if (options.json === true) writeJson(io, why);
    else io.stdout.write(`${why === null ? `${id} was never here, or left too long ago.` : explain(why)}\n`);
    finish(why === null ? EXIT.failed : EXIT.done);
  });

  addAskOptions(
    queue
      .command('purge')
      .description('Deletes messages that wait. They are gone.')
      .argument('<did>', 'as "queue ls" shows it')
      .option('--id <id>', 'this message (repeatable)', collect)
      .option('--all', 'everything that waits for the DID'),
  ).action(async (did: string, options: PurgeOptions) => {
    const { id, all } = options;
    if ((id === undefined) === (all === undefined)) throw new WaypostError('ERR_USAGE', 'purge needs --id or --all');
    const purged = await withOperator(io, options, 'queue purge', (operator) => operator.purge(canonicalDid(did), id));
    showPurged(io, purged, options.json === true);
    finish(EXIT.done);
  });
};

const REASONS = {
  acknowledged: 'its recipient, or the next hop, acknowledged it',
  expired: 'its own end date passed',
  retention: 'it waited for longer than the retention time',
  purged: 'an operator deleted it',
  duplicate: 'the same message waits in a queue that was joined with its own',
  thinned: 'it was a reading of a rule with "sample", given up when room was short',
} as const;

function explain({ fate, progress }: Why): string {
  if (fate.state === 'left') {
    return `It was for ${fate.destination} and left ${showDuration(fate.agoMs)} ago: ${REASONS[fate.reason]}.`;
  }
  const waits = `It waits for ${fate.destination} since ${showDuration(fate.ageMs)}.`;
  if (progress === null) return `${waits} It is deleted when its recipient fetches and acknowledges it.`;
  if (progress.state === 'sending') return `${waits} It is being sent right now.`;
  const { failures, lastError, nextTryInMs } = progress;
  const tried = lastError === null ? '' : ` Tried ${failures} times; the last error: ${lastError}.`;
  return `${waits}${tried}${nextTryInMs === null ? '' : ` The next try is in ${showDuration(nextTryInMs)}.`}`;
}

function showPurged(io: Io, purged: number, json: boolean): void {
  if (json) writeJson(io, { purged });
  else io.stdout.write(`${countOf(purged, 'message')} deleted.\n`);
}
