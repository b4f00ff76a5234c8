#!/usr/bin/env node
// The entry of the `waypost` command. Built for old syntax and free of imports, so that a Node which is too old for
// the rest still gets as far as saying so.
const MINIMUM = [22, 14];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < (MINIMUM[0] as number) || (major === MINIMUM[0] && minor < (MINIMUM[1] as number))) {
  process.stderr.write(`waypost needs Node ${MINIMUM.join('.')} or newer; this is Node ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  // Packages print warnings of their own; the standard output is for what a command says.
  // biome-ignore lint/suspicious/noConsole: this is not to print anything
  globalThis.console = new globalThis.console.Console(process.stderr);
  // Not bundled: the path is that of the neighbour in `dist`.
  const entry = '../waypost.js';
  import(entry).then(({ main }) =>
    main(process).then((code: number) => {
      // At once, when all is written: a name that is being looked up cannot be cancelled, and would take its time.
      process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
    }),
  );
}
