import type { RuleStatus } from '../../sensor/rules/sensor-rules.js';
import type { AddCommand } from '../command.js';
import { EXIT, type Io, writeJson } from '../io.js';
import type { BluetoothState, Status, UpstreamState } from '../operator/operator.js';
import type { Disk } from '../run/disk.js';
import { withOperator } from './operator-command.js';
import { addDataOption, addJsonOption, addPassphraseOption, type DataOptions } from './options.js';
import { countOf, shorten, showDuration, showOutlook, showSize, writeTable } from './show.js';

interface Options extends DataOptions {
  json?: boolean;
}

export const addStatusCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('status')
    .description('Says how the gateway is and what waits in it, also while it does not run.');
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (options: Options) => {
    const status = await withOperator(io, options, 'status', (operator) => operator.status());
    if (options.json === true) writeJson(io, status);
    else show(io, status);
    finish(EXIT.done);
  });
};

function show(io: Io, status: Status): void {
  const { store, uptimeSeconds, residentBytes } = status;
  const since = uptimeSeconds === null ? '' : ` for ${showDuration(uptimeSeconds * 1000)}`;
  const rows = [
    ['state', `${status.state}${since} (waypost ${status.version})`],
    ['name', status.name],
    ['did', shorten(status.did)],
    ...status.addresses.map((address) => ['serves', address]),
    ['waiting', `${countOf(store.messages, 'message')}, ${showSize(store.bytes)}`],
    ['room', `${store.limitMessages} messages, ${showSize(store.limitBytes)}`],
    ...(status.disk === null ? [] : [['disk', showDisk(status.disk)]]),
    ...(status.outlook === null ? [] : [['lasts', showOutlook(status.outlook)]]),
    ...(status.full === null ? [] : [['FULL', `new messages are refused: ${status.full}`]]),
    ['clock', status.clock],
  ];
  if (status.state === 'running') {
    rows.push(
      ...Object.entries(status.refused).map(([code, count]) => ['refused', `${countOf(count, 'message')}: ${code}`]),
    );
    rows.push(['connections', `${status.connections}, ${status.live} in live mode`]);
    if (status.bluetooth !== null) rows.push(['bluetooth', describeBluetooth(status.bluetooth)]);
    if (residentBytes !== null) rows.push(['memory', showSize(residentBytes)]);
  }
  if (status.sensors !== null) rows.push(...describeSensors(status.sensors));
  if (status.rules !== null) rows.push(...describeRules(status.rules));
  for (const upstream of status.upstreams) {
    rows.push(['upstream', `${shorten(upstream.did)}: ${describeUpstream(upstream)}`]);
    for (const did of upstream.routingDids) rows.push(['  routing DID', did]);
  }
  for (const state of status.mqtt) rows.push(['mqtt', `${state.address}: ${describeBroker(state)}`]);
  writeTable(io, rows);
}

function describeSensors({ frames, refused }: NonNullable<Status['sensors']>): readonly string[][] {
  const { stored, repeated } = frames;
  const reasons = Object.entries(refused).map(([code, count]) => `${count} ${code}`);
  if (stored + repeated + reasons.length === 0) return [];
  const taken = `${countOf(stored, 'frame')} stored, ${repeated} came again`;
  return [['sensors', reasons.length === 0 ? taken : `${taken}; refused: ${reasons.join(', ')}`]];
}

function describeRules({ streams, unwantedFrames }: NonNullable<Status['rules']>): readonly string[][] {
  const rows = streams.map((stream) => [
    'rule',
    `${stream.rule} to ${shorten(stream.agent)}: ${describeStream(stream)}`,
  ]);
  return unwantedFrames === 0
    ? rows
    : [...rows, ['rules', `${unwantedFrames} frames were of devices that no rule is about`]];
}

function describeStream({ isConfigured, waiting, oldestAgeMs, sent, thinned, lastError }: RuleStatus): string {
  const age = oldestAgeMs === null ? '' : `, the oldest for ${showDuration(oldestAgeMs)}`;
  const parts = [`${countOf(waiting, 'event')} waiting${age}`, `${countOf(sent, 'message')} sent`];
  if (thinned > 0) parts.push(`${countOf(thinned, 'event')} thinned`);
  if (!isConfigured) parts.push('not configured any more, still sent');
  if (lastError !== null) parts.push(`last error: ${lastError}`);
  return parts.join('; ');
}

function showDisk({ freeBytes, keptFreeBytes }: Disk): string {
  const kept = showSize(keptFreeBytes);
  if (freeBytes >= keptFreeBytes) return `${showSize(freeBytes)} free, ${kept} of it are kept free`;
  return `${showSize(freeBytes)} free, less than the ${kept} that are kept free: new messages are refused, see operations.md`;
}

function describeBluetooth({ adapter, problem, slots, taken, sought, refused, yielded }: BluetoothState): string {
  if (problem !== null) return problem;
  if (adapter !== 'poweredOn') return `the adapter is ${adapter}`;
  const parts = [`${taken} of ${slots} connections`];
  if (sought > 0) parts.push(`${sought} of them sought`);
  if (refused + yielded > 0) parts.push(`since the start ${refused} turned away, ${yielded} made room`);
  return parts.join('; ');
}

function describeBroker({ isConnected, lastError }: Status['mqtt'][number]): string {
  if (isConnected) return 'connected';
  return lastError === null ? 'the broker is away' : `not connected: ${lastError}`;
}

function describeUpstream({ state, forMs, nextTryInMs, lastError, registered, refused }: UpstreamState): string {
  const parts = [`${state} for ${showDuration(forMs)}`];
  if (nextTryInMs !== null) parts.push(`next try in ${showDuration(nextTryInMs)}`);
  if (registered + refused > 0) parts.push(`${registered} DIDs registered, ${refused} refused`);
  if (lastError !== null) parts.push(`last error: ${lastError}`);
  return parts.join('; ');
}
