import path from 'node:path';
import { showBytes } from '../config/kinds.js';
import { lockHolder } from '../data-folder/lock.js';
import { openness, shellWord } from '../data-folder/permissions.js';
import { type Check, type CheckContext, error, type Finding, note, ok, warning } from './finding.js';

/** File systems that forget, by the number that statfs(2) gives them on Linux. */
const FORGETFUL = new Map([
  [0x0102_1994, 'lies in memory (tmpfs): everything in it is lost when the power goes'],
  [0x8584_58f6, 'lies in memory (ramfs): everything in it is lost when the power goes'],
  [0x794c_7630, 'lies on an overlay: everything in it is lost with the container, or at the next start of the machine'],
]);

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const LITTLE_BYTES = 512 * MIB;
const TOO_LITTLE_BYTES = 64 * MIB;

/** Is it there, is it ours alone, does it last, is there room? */
export const checkDataFolder: Check = async (context) => {
  const { machine, folder } = context;
  const init = `waypost init --data ${shellWord(folder.path)}`;
  if (!(await machine.exists(folder.path))) {
    return [error(`${folder.path} does not exist.`, init), ...(await checkDisk(context, foldersAbove(folder.path)))];
  }
  const findings: Finding[] = [];
  if (await machine.exists(folder.identity)) findings.push(ok(`${folder.path} has an identity.`));
  else findings.push(error(`${folder.path} is empty: it has no identity yet.`, init));
  for (const file of [folder.path, folder.identity, folder.config, folder.adminToken]) {
    const open = await openness(file);
    if (open !== undefined)
      findings.push(error(`${open.problem}. What was open must count as known to them.`, open.fix));
  }
  const holder = await lockHolder(folder);
  if (holder !== undefined) findings.push(note(`It is in use by ${holder}.`));
  return [...findings, ...(await checkDisk(context, [folder.path]))];
};

/** `candidates`: the first that exists is looked at. */
async function checkDisk({ machine }: CheckContext, candidates: readonly string[]): Promise<readonly Finding[]> {
  for (const folder of candidates) {
    if (!(await machine.exists(folder))) continue;
    const findings: Finding[] = [];
    const writable = await machine.writable(folder);
    if (writable === 'read-only') {
      findings.push(error(`${folder} is mounted read-only: nothing can be stored.`, 'mount it for writing'));
    } else if (writable === 'no') {
      findings.push(error(`${folder} cannot be written by this user.`, `sudo chown -R "$USER" ${shellWord(folder)}`));
    }
    const disk = await machine.fileSystem(folder);
    if (disk === undefined) return findings;
    const forgetful = FORGETFUL.get(disk.type);
    const elsewhere = 'move it to a disk, an SD card or a volume: waypost backup, then waypost restore there';
    findings.push(
      forgetful === undefined ? ok('It lies on a disk that keeps it.') : warning(`${folder} ${forgetful}.`, elsewhere),
    );
    return [...findings, checkRoom(disk.freeBytes)];
  }
  return [];
}

function checkRoom(freeBytes: number): Finding {
  const unit = freeBytes < 10 * GIB ? MIB : GIB;
  const free = showBytes(Math.floor(freeBytes / unit) * unit);
  if (freeBytes < TOO_LITTLE_BYTES) return error(`Only ${free} are free: new messages will be refused.`, 'make room');
  if (freeBytes < LITTLE_BYTES) return warning(`Only ${free} are free.`, 'make room, or lower store.bytes');
  return ok(`${free} are free.`);
}

/** The folders above, the nearest first. */
function foldersAbove(folder: string): readonly string[] {
  const above = path.dirname(folder);
  return above === folder ? [] : [above, ...foldersAbove(above)];
}
