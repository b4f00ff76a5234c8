// Adds up the JSON reports of the test runs in a folder and prints one closing line. Exits 1 without a report, or
// when a run failed.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2] ?? '.';
const reports = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
const sum = (member) => reports.reduce((total, report) => total + report[member], 0);

// A file that could not even be loaded has no failed test in it, and yet failed.
const brokenFiles = reports
  .flatMap((report) => report.testResults)
  .filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')).length;
const failed = sum('numFailedTests') + brokenFiles;
const skipped = sum('numPendingTests') + sum('numTodoTests');
console.log(`${sum('numPassedTests')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = reports.length === 0 || failed > 0 ? 1 : 0;
