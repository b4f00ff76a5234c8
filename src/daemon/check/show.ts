import { countOf } from '../measures.js';
import type { CheckGroup } from './finding.js';

/** Findings for people. */
export function showChecks(groups: readonly CheckGroup[]): string {
  const lines: string[] = [];
  for (const { group, findings } of groups) {
    if (findings.length === 0) continue;
    lines.push(group);
    for (const { level, message, fix } of findings) {
      lines.push(`  ${level.padEnd(8)}${message}`);
      if (fix !== undefined) lines.push(`          -> ${fix}`);
    }
    lines.push('');
  }
  const count = (wanted: string) =>
    groups.reduce((sum, { findings }) => sum + findings.filter(({ level }) => level === wanted).length, 0);
  lines.push(`${countOf(count('error'), 'error')}, ${countOf(count('warning'), 'warning')}.`);
  return `${lines.join('\n')}\n`;
}
