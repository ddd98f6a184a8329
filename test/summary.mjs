// The closing line of continuous integration: how many tests passed and failed, counted from the
// reports of the runners. A suite that left no report did not run, and counts as one failure.
import { existsSync, readFileSync } from 'node:fs';

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function countUnit(report) {
  // A file that cannot even be loaded fails without a test of its own.
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded };
}

function countBrowser(report) {
  return { passed: report.stats.expected, failed: report.stats.unexpected + report.stats.flaky + report.errors.length };
}

let passed = 0;
let failed = 0;
for (const [name, count] of [
  ['unit', countUnit],
  ['page', countBrowser],
  ['e2e', countBrowser],
]) {
  const report = read(`test-results/${name}.json`);
  if (report === undefined) console.log(`The ${name} tests did not run.`);
  const counts = report === undefined ? { passed: 0, failed: 1 } : count(report);
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
