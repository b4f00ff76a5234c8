import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/core/errors.js';

describe('docs/errors.md', () => {
  it('has the codes of the table in their order, what they mean, and what to do', async () => {
    const markdown = await readFile('docs/errors.md', 'utf8');
    const rows = [...markdown.matchAll(/^\| `(ERR_\w+)` \| (.+?) \| (.+) \|$/gm)];
    expect(rows.map(([, code, meaning]) => [code, meaning])).toEqual(Object.entries(ERROR_CODES));
    for (const [row, , , advice] of rows) expect(advice, row).toMatch(/\S.*\.$/);
  });
});
