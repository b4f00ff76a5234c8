import { createRequire } from 'node:module';
import { describeWhere } from '../describe-where.js';
import { FAMILIES, type Family } from './packages.js';

/**
 * Declares a suite for each family of packages that is installed. Where one is not (they are optional, and need a
 * compiler), the report shows a skipped suite that says so; with WAYPOST_CI=1 a failed one.
 */
export function describePackages(
  title: string,
  declare: (family: Family) => void,
  families: readonly Family[] = FAMILIES,
): void {
  for (const family of families) {
    const missing = ['noble', 'bleno'].map((name) => `@${family}/${name}`).filter((name) => !isInstalled(name));
    const notice = missing.length === 0 ? undefined : `${missing.join(' and ')} not installed`;
    describeWhere(notice, `${title} (${family})`, () => declare(family));
  }
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
