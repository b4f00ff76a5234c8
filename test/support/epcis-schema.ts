import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { expect } from 'vitest';

const PATH = resolve(process.cwd(), '../shared/vectors/epcis/EPCIS-JSON-Schema.json');

/** Fails with what GS1's schema says against a document. Only in suites that have the vectors. */
export function epcisValidator(): (document: unknown) => void {
  const ajv = new Ajv({ strict: false, formats: fullFormats });
  const validate = ajv.compile(JSON.parse(readFileSync(PATH, 'utf8')));
  return (document) => {
    if (!validate(document)) expect.fail(`${ajv.errorsText(validate.errors)}\n${JSON.stringify(document)}`);
  };
}
