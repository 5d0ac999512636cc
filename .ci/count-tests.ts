// Counts what vitest's JSON reports say: `node .ci/count-tests.ts <file ending> <report>` prints "passed failed skipped".
// The ending narrows the count to some files (`.pglite.test.ts`); '' takes all. Refuses a report that is missing or empty.
import { readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const [ending = '', path = ''] = argv.slice(2);

// What vitest writes; a missing or broken file throws, which ends the process with a failure.
const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
if (report.testResults.length === 0) throw new Error(`${path} names no test files`);

const files = report.testResults.filter((file) => file.name.endsWith(ending));
const statuses = files.flatMap((file) => file.assertionResults.map((result) => result.status));
const count = (wanted: (status: string) => boolean): number => statuses.filter(wanted).length;

const passed = count((status) => status === 'passed');
const failed = count((status) => status === 'failed');
// A file that broke before its first test, or in a hook, fails without a failed test.
const broken = files.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((result) => result.status !== 'failed'),
).length;

stdout.write(`${passed} ${failed + broken} ${statuses.length - passed - failed}\n`);
