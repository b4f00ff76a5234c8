import { WaypostError } from '../../core/errors.js';
import type { ServiceHost } from './host.js';

/** One thing to be done to a system. */
export type Step =
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'remove-empty'; readonly path: string }
  | {
      readonly kind: 'run';
      readonly command: string;
      readonly args: readonly string[];
      /** Goes on when it fails: what it undoes may not be there. */
      readonly mayFail?: boolean;
    };

/** For people: what is done, and for files what is in them. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'write':
      return `write ${step.file}\n${step.text.trimEnd().replaceAll(/^/gm, '    | ')}\n`;
    case 'remove':
      return `remove ${step.path}\n`;
    case 'remove-empty':
      return `remove ${step.path} if it is empty\n`;
    case 'run':
      return `run ${[step.command, ...step.args].join(' ')}\n`;
  }
}

/** The same on one line. */
export function summariseStep(step: Step): string {
  return describeStep(step).split('\n', 1)[0] ?? '';
}

/** Throws ERR_SERVICE when a command fails, ERR_FILE. What was done before stays done: the next attempt goes on from there. */
export async function carryOut(host: ServiceHost, step: Step): Promise<void> {
  switch (step.kind) {
    case 'write':
      return host.write(step.file, step.text);
    case 'remove':
      return host.remove(step.path);
    case 'remove-empty':
      return host.removeEmpty(step.path);
    case 'run': {
      const { code, output } = await host.run(step.command, step.args);
      if (code === 0 || step.mayFail === true) return;
      const what = [step.command, ...step.args].join(' ');
      throw new WaypostError(
        'ERR_SERVICE',
        `"${what}" failed${code > 0 ? ` with ${code}` : ''}: ${output.slice(-500)}`,
      );
    }
  }
}
