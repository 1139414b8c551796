/**
 * Runs the tests: `npm test`, or some of them: `npm test -- unit workflows lab`, `npm test -- scenarios test/lab/faults`.
 *
 * Installs and builds what they need first. Ends with one line `N passed, N failed`; exits 1 when anything failed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools } from '../lab/tools/ensure.ts';
import { goTool } from '../lab/tools/go.ts';
import { ensurePackages, labPackages, testPackages } from '../lab/tools/packages.ts';

const projects = ['unit', 'workflows', 'lab', 'scenarios'] as const;
const results = new URL('../test-results/', import.meta.url).pathname;
const vitest = new URL('../node_modules/vitest/vitest.mjs', import.meta.url).pathname;

interface Counts {
  passed: number;
  failed: number;
}

const asked = process.argv.slice(2);
const chosen = projects.filter((project) => asked.length === 0 || asked.includes(project));
const filters = asked.filter((word) => !projects.includes(word as never));
const note = (line: string) => console.log(line);

await ensurePackages({ note }, [...labPackages, ...testPackages]);
await ensureTools({ note });
await goTool('fake-gcs-server', { note });

const total: Counts = { passed: 0, failed: 0 };
for (const project of chosen.length > 0 ? chosen : projects) {
  const counts = await runProject(project);
  total.passed += counts.passed;
  total.failed += counts.failed;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

async function runProject(project: string): Promise<Counts> {
  const file = join(results, `${project}.json`);
  mkdirSync(results, { recursive: true });
  rmSync(file, { force: true });
  const code = await new Promise<number>((resolve) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    // Most unit tests wait for a server or a shell; the others measure, and have the machine to themselves.
    const parallel = project === 'unit' ? ['--maxWorkers=2'] : [];
    const child = spawn(
      process.execPath,
      [vitest, 'run', '--project', project, ...reporters, ...parallel, '--passWithNoTests', ...filters],
      {
        stdio: 'inherit',
      },
    );
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  return countsOf(file, code);
}

/** A run that failed without a failed test (a set-up that broke, a file that would not load) counts as one failure. */
function countsOf(file: string, code: number): Counts {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests === 0 && code !== 0 ? 1 : numFailedTests };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
