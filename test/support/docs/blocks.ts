import { globSync, readFileSync } from 'node:fs';

/** Whatever is shown in a document between two fences. */
export interface Block {
  /** `file:line` of its first fence. */
  readonly place: string;
  /** The first word behind the fence, such as `sh`. */
  readonly kind: string;
  /** What follows it there. */
  readonly note: string;
  readonly text: string;
}

/**
 * A block that is executed. What a reader has to know to do the same stands in its comments: in which terminal
 * ("# terminal 2"; the first one where nothing is said), that it is to be left running ("# leave it running"), and
 * that what ran in the terminal before has to be ended ("# Ctrl-C first").
 */
export interface Commands {
  readonly place: string;
  readonly text: string;
  readonly terminal: string;
  readonly isLeftRunning: boolean;
  readonly endsFirst: boolean;
}

/** What is to be seen in a terminal, line by line. */
export interface Shown {
  readonly place: string;
  readonly terminal: string;
  readonly lines: readonly string[];
}

export type Step = ({ readonly step: 'commands' } & Commands) | ({ readonly step: 'shown' } & Shown);

/** All documents that users read, in the order of their names, from the root of the repository. */
export function documents(): readonly string[] {
  return ['README.md', ...globSync('docs/**/*.md').sort()];
}

export function readBlocks(file: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { place: string; kind: string; note: string; indent: number; lines: string[] } | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const fence = /^( *)```(\S*) *(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line.slice(Math.min(open.indent, line.search(/\S|$/))));
    else if (open === undefined) {
      const [, indent = '', kind = '', note = ''] = fence;
      open = { place: `${file}:${index + 1}`, kind, note, indent: indent.length, lines: [] };
    } else {
      const { place, kind, note, lines } = open;
      blocks.push({ place, kind, note, text: lines.join('\n') });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${open.place}: the block does not end`);
  return blocks;
}

/** What a reader does, and sees, in order. A `text` block belongs to this where it follows commands, or names a terminal. */
export function readSteps(file: string): readonly Step[] {
  const steps: Step[] = [];
  let before: Block | undefined;
  for (const block of readBlocks(file)) {
    const { place, kind, text } = block;
    const comments = [...text.matchAll(/(?:^|\s)#\s(.*)$/gm)].map(([, words = '']) => words).join('\n');
    const [, terminal] = /\bterminal (\w+)/.exec(comments) ?? [];
    if (kind === 'sh') {
      const isLeftRunning = comments.includes('leave it running');
      const endsFirst = comments.includes('Ctrl-C first');
      steps.push({ step: 'commands', place, text, terminal: terminal ?? '1', isLeftRunning, endsFirst });
    } else if (kind === 'text' && (before?.kind === 'sh' || terminal !== undefined)) {
      const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^# terminal \w+/.test(line));
      steps.push({ step: 'shown', place, terminal: terminal ?? steps.at(-1)?.terminal ?? '1', lines });
    }
    before = block;
  }
  return steps;
}

/** Of how long something took, and when, only the form is the same each time. */
const CHANGING = /\b\d\d:\d\d:\d\d\b|-?\b[\d.]+ (?:ms|s|KiB|MiB|GiB|dBm|bytes)\b/;

/** A whole line that is shown as `line`: `...` in it stands for any text, and how wide columns are is of no importance. */
export function lineLike(line: string): RegExp {
  const [words = '', ...others] = line.trim().split(new RegExp(`(?:\\.{3}|${CHANGING.source})`));
  const pattern = [words, ...others].map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
  return new RegExp(`^\\s*${pattern.join('.*')}\\s*$`);
}
