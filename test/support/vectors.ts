import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeWhere } from './describe-where.js';

/*
 * Test vectors that lie beside this repository, in ../shared/vectors, because several projects test with them. They
 * are read where they are, never copied.
 */

interface SharedVectors {
  /** The files of the folder, sorted. */
  readonly names: readonly string[];
  text(name: string): string;
  /** The parsed file; its shape is the test's business. */
  json(name: string): unknown;
}

/** The vectors in a folder below ../shared/vectors, or undefined where the folder is absent. */
function sharedVectors(folder: string): SharedVectors | undefined {
  const directory = directoryOf(folder);
  if (!existsSync(directory)) return undefined;
  const text = (name: string): string => readFileSync(join(directory, name), 'utf8');
  return { names: readdirSync(directory).sort(), text, json: (name) => JSON.parse(text(name)) };
}

/**
 * Declares a suite that needs the vectors of `folder`. Where they are absent the report shows a skipped suite that
 * says so; with WAYPOST_CI=1 it shows a failed one, so that nobody takes a run without the vectors for a full one.
 */
export function describeVectors(folder: string, title: string, declare: (vectors: SharedVectors) => void): void {
  const vectors = sharedVectors(folder);
  const notice = vectors === undefined ? `${directoryOf(folder)} is absent` : undefined;
  describeWhere(notice, title, () => {
    if (vectors !== undefined) declare(vectors);
  });
}

function directoryOf(folder: string): string {
  return resolve(process.cwd(), '../shared/vectors', folder);
}
