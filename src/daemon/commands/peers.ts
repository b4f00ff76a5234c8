import type { AddCommand } from '../command.js';
import { EXIT, type Io, writeJson } from '../io.js';
import type { Operator, Peer } from '../operator/operator.js';
import {
  type AskOptions,
  addAskOptions,
  addPageOptions,
  canonicalDid,
  type PageOptions,
  pageOf,
} from './list-options.js';
import { withOperator } from './operator-command.js';
import { countOf, shorten, showDuration, writeTable } from './show.js';

interface RemoveOptions extends AskOptions {
  purge?: boolean;
}

export const addPeersCommand: AddCommand = (program, io, finish) => {
  const peers = program.command('peers').description('Shows who uses the gateway, and deletes accounts.');

  addAskOptions(
    peers
      .command('ls', { isDefault: true })
      .description(
        'Lists who is connected, by the DIDs that they proved to have, over what and since when. The default.',
      ),
  ).action(async (options: AskOptions) => {
    const connected = await withOperator(io, options, 'peers', (operator) => operator.peers());
    const rows = connected.map((peer) => [
      whoIs(peer),
      peer.remoteAddress,
      showDuration(peer.openForMs),
      signalOf(peer),
    ]);
    if (options.json === true) writeJson(io, connected);
    else writeTable(io, [['WHO', 'OVER', 'SINCE', 'SIGNAL'], ...rows]);
    finish(EXIT.done);
  });

  addPageOptions(
    peers.command('accounts').description('Lists who was granted mediation, also while the gateway does not run.'),
  ).action(async (options: PageOptions) => {
    const page = pageOf(options);
    const accounts = await withOperator(io, options, 'peers accounts', (operator) => operator.accounts(page));
    const rows = accounts.map(({ did, source, registrations }) => [String(registrations), source, did]);
    if (options.json === true) writeJson(io, accounts);
    else writeTable(io, [['RECIPIENTS', 'CAME FROM', 'DID'], ...rows]);
    finish(EXIT.done);
  });

  addAskOptions(
    peers
      .command('rm')
      .description(
        'Deletes an account and what it registered. It may ask for mediation again. Exit code 1: there is none.',
      )
      .argument('<did>', 'as "peers accounts" shows it')
      .option('--purge', 'also delete the messages that wait for it; without it, they keep the account'),
  ).action(async (did: string, options: RemoveOptions) => {
    const isPurging = options.purge === true;
    const removed = await withOperator(io, options, 'peers rm', (operator) =>
      operator.removeAccount(canonicalDid(did), isPurging),
    );
    if (options.json === true) writeJson(io, removed);
    else showRemoved(io, did, removed);
    finish(removed === null ? EXIT.failed : EXIT.done);
  });
};

function whoIs({ dids, claimedDid }: Peer): string {
  if (dids.length > 0) return dids.map((did) => shorten(did)).join(', ');
  return claimedDid === null ? 'nobody yet' : `says ${shorten(claimedDid)}`;
}

function signalOf({ rssiDbm }: Peer): string {
  return rssiDbm === null ? '' : `${rssiDbm} dBm`;
}

function showRemoved(io: Io, did: string, removed: Awaited<ReturnType<Operator['removeAccount']>>): void {
  if (removed === null) {
    io.stdout.write(`${shorten(did)} has no account here.\n`);
    return;
  }
  const { recipients, messages } = removed;
  io.stdout.write(
    `The account is deleted, with ${countOf(recipients.length, 'recipient DID')} and ${countOf(messages, 'message')}.\n`,
  );
}
