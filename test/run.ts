/**
 * Runs the tests: `npm test`, or some of them: `npm test -- unit workflows lab`, `npm test -- scenarios test/lab/faults`. Those that let
 * hours pass are run where they are asked for only: `npm test -- alarms`.
 *
 * Installs and builds what they need first. Ends with one line `N passed, N failed`; exits 1 when anything failed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools } from '../lab/tools/ensure.ts';
import { goTool } from '../lab/tools/go.ts';
import { ensurePackages, labPackages, testPackages } from '../lab/tools/packages.ts';
import type { Summary } from './support/summary-reporter.ts';

const usual = ['unit', 'workflows', 'lab', 'scenarios'] as const;
const projects = [...usual, 'alarms'] as const;
const results = new URL('../test-results/', import.meta.url).pathname;
const vitest = new URL('../node_modules/vitest/vitest.mjs', import.meta.url).pathname;

const asked = process.argv.slice(2);
const named = projects.filter((project) => asked.includes(project));
const filters = asked.filter((word) => !projects.includes(word as never));
const note = (line: string) => console.log(line);

await ensurePackages({ note }, [...labPackages, ...testPackages]);
await ensureTools({ note });
await goTool('fake-gcs-server', { note });

const total: Summary = { passed: 0, failures: [] };
for (const project of named.length > 0 ? named : usual) {
  const summary = await runProject(project);
  total.passed += summary.passed;
  total.failures.push(...summary.failures);
}
for (const failure of total.failures) console.log(`FAILED  ${failure}`);
console.log(`${total.passed} passed, ${total.failures.length} failed`);
process.exit(total.failures.length === 0 && total.passed > 0 ? 0 : 1);

async function runProject(project: string): Promise<Summary> {
  const file = join(results, `${project}.json`);
  mkdirSync(results, { recursive: true });
  rmSync(file, { force: true });
  // Most unit tests wait for a server or a shell; the others measure, and have the machine to themselves.
  const parallel = project === 'unit' ? ['--maxWorkers=2'] : [];
  const code = await new Promise<number>((resolve) => {
    const child = spawn(
      process.execPath,
      [vitest, 'run', '--project', project, ...parallel, '--passWithNoTests', ...filters],
      { stdio: 'inherit', env: { ...process.env, MUSTER_TEST_SUMMARY: file } },
    );
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  return summaryOf(project, file, code);
}

/** A run that ended badly without saying why counts as one failure. */
function summaryOf(project: string, file: string, code: number): Summary {
  let summary: Summary;
  try {
    summary = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failures: [`${project}: ended without a summary (exit ${code})`] };
  }
  if (summary.failures.length === 0 && code !== 0)
    summary.failures.push(`${project}: exit ${code}, though no test failed`);
  return summary;
}
