import type { Command } from 'commander';
import { WaypostError } from '../../core/errors.js';
import { readSmallFile } from '../data-folder/small-file.js';
import { type ListedDevice, MAX_DEVICE_FILE_BYTES, readDeviceList } from '../device-file.js';
import { EXIT, type Io, readStdin, writeJson } from '../io.js';
import type { AddedDevice, Operator } from '../operator/operator.js';
import { type AskOptions, addAskOptions } from './list-options.js';
import { withOperator } from './operator-command.js';
import { countOf, writeTable } from './show.js';

/** What the admin API takes at once, with room to spare. */
const BATCH = 250;

interface Result {
  readonly line: number;
  readonly added: AddedDevice;
}

export function addDeviceImportCommand(device: Command, io: Io, finish: (code: number) => void): void {
  addAskOptions(
    device
      .command('import')
      .description(
        'Registers the devices of a CSV or JSON file. Exit code 1: some lines were refused, the others are in.',
      )
      .argument('<file>', 'CSV with the columns id,authentication,key,name,location,baseName,baseUnit, or "-"'),
  ).action(async (file: string, options: AskOptions) => {
    const bytes =
      file === '-' ? await readStdin(io, MAX_DEVICE_FILE_BYTES) : await readSmallFile(file, MAX_DEVICE_FILE_BYTES);
    if (bytes === undefined) throw new WaypostError('ERR_CONFIG', `there is no file ${file}`);
    const listed = readDeviceList(bytes);
    const results = await withOperator(io, options, 'device import', (operator) => addAll(operator, listed), true);
    if (options.json === true) writeJson(io, results);
    else show(io, results);
    finish(results.some(({ added }) => added.outcome === 'refused') ? EXIT.failed : EXIT.done);
  });
}

async function addAll(operator: Operator, listed: readonly ListedDevice[]): Promise<readonly Result[]> {
  const results: Result[] = listed.flatMap(({ line, problem }) =>
    problem === undefined ? [] : [{ line, added: { outcome: 'refused', code: 'ERR_CONFIG', message: problem } }],
  );
  const readable = listed.filter(({ problem }) => problem === undefined);
  for (let from = 0; from < readable.length; from += BATCH) {
    const batch = readable.slice(from, from + BATCH);
    const added = await operator.addDevices(batch.map(({ device }) => device));
    added.forEach((each, index) => {
      results.push({ line: batch[index]?.line ?? 0, added: each });
    });
  }
  return results.sort((a, b) => a.line - b.line);
}

function show(io: Io, results: readonly Result[]): void {
  const made: string[][] = [];
  let count = 0;
  for (const { line, added } of results) {
    if (added.outcome === 'refused') {
      io.stderr.write(`line ${line}: ${added.code} ${added.message}\n`);
      continue;
    }
    count++;
    const { id, madeKey, answerKey } = added.device;
    if (madeKey !== null) made.push([id, madeKey]);
    if (answerKey !== null) made.push([id, JSON.stringify(answerKey)]);
  }
  io.stdout.write(`Registered: ${count} of ${countOf(results.length, 'device')}.\n`);
  if (made.length > 0) writeTable(io, [['ID', 'KEY, SHOWN ONLY NOW, OR WHAT IT VERIFIES ANSWERS WITH'], ...made]);
}
