import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';

/*
 * An emulated computer that runs Debian's kernel and one program, with the files of this computer to read. Emulated also
 * where there is a /dev/kvm: the processor is then the same everywhere, and some nested ones hang.
 */

const KERNEL = resolve('node_modules/.cache/waypost-kernel');
const QEMU = '/usr/bin/qemu-system-x86_64';
const BUSYBOX = '/usr/bin/busybox';

/** Debian packages by a file that tells that they are there. */
const PARTS: Readonly<Record<string, string>> = {
  [QEMU]: 'qemu-system-x86',
  '/usr/share/seabios/bios-256k.bin': 'seabios',
  [BUSYBOX]: 'busybox-static',
  '/usr/bin/cpio': 'cpio',
  '/usr/bin/hciconfig': 'bluez',
  '/usr/bin/btvirt': 'bluez-test-tools',
  [join(KERNEL, 'vmlinuz')]: "Debian's kernel (test/kernel/fetch-kernel.sh)",
};

/** What has to be installed before {@link runInMachine} can do anything, in words; empty when all is there. */
export function missingParts(): readonly string[] {
  const missing = Object.entries(PARTS).flatMap(([file, name]) => (existsSync(file) ? [] : [name]));
  return process.arch === 'x64' ? missing : [...missing, 'an x64 processor'];
}

/** What came of a run. */
interface MachineRun {
  /** What the program wrote to its standard output. */
  readonly output: string;
  /** What the kernel, the first process and the program's standard error said. */
  readonly console: string;
}

/**
 * Starts the machine with a program of this project and waits until it ends, which it does with the program. `timeoutMs`
 * later it is ended; what it had said by then is given all the same.
 */
export async function runInMachine(program: string, timeoutMs: number): Promise<MachineRun> {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-machine-'));
  // Where the optional packages, which stay outside the bundle, are found from.
  const bundle = resolve(`node_modules/.cache/waypost-test/machine-${process.pid}.mjs`);
  try {
    await build({
      entryPoints: [program],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
      external: ['@stoprocent/*', '@abandonware/*'],
    });
    const initramfs = await buildInitramfs(folder, await realpath(bundle));
    const consoleFile = join(folder, 'console');
    const machine = spawn(QEMU, machineArguments(initramfs, consoleFile), {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const [output, errors] = await Promise.all([text(machine.stdout), text(machine.stderr), once(machine, 'close')]);
    return { output, console: errors + (await readFile(consoleFile, 'utf8').catch(() => '')) };
  } finally {
    await Promise.all([rm(folder, { recursive: true }), rm(bundle, { force: true })]);
  }
}

function machineArguments(initramfs: string, consoleFile: string): string[] {
  const kernelArguments = [
    'console=ttyS0 quiet panic=-1',
    // What takes long on an emulated processor, and protects nothing here.
    'mitigations=off tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests',
  ];
  return [
    ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ['-accel', 'tcg', '-cpu', 'Nehalem', '-m', '768'],
    ['-kernel', join(KERNEL, 'vmlinuz'), '-initrd', initramfs, '-append', kernelArguments.join(' ')],
    ['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
    ['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host', '-device', 'virtio-rng-pci'],
    ['-serial', `file:${consoleFile}`, '-serial', 'stdio'],
  ].flat();
}

/** The files that the kernel begins with: `init.sh`, the modules, and which program to run. */
async function buildInitramfs(folder: string, program: string): Promise<string> {
  const root = join(folder, 'initramfs');
  await mkdir(join(root, 'bin'), { recursive: true });
  await cp(join(KERNEL, 'modules'), join(root, 'modules'), { recursive: true });
  await copyFile(BUSYBOX, join(root, 'bin/busybox'));
  await copyFile(resolve('test/kernel/init.sh'), join(root, 'init'));
  await chmod(join(root, 'init'), 0o755);
  const node = await realpath(process.execPath);
  await writeFile(join(root, 'settings'), `NODE=${quoteForShell(node)}\nPROGRAM=${quoteForShell(program)}\n`);
  execFileSync('/bin/sh', ['-c', 'find . | cpio --quiet -o -H newc > ../initramfs.cpio'], { cwd: root });
  return join(folder, 'initramfs.cpio');
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
