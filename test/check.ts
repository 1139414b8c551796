/** `npm run check`: format, lint with import boundaries, types, dead code, shell scripts. All are run; any can fail it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { ensurePackages } from '../lab/tools/packages.ts';

const bin = (name: string) => new URL(`../node_modules/.bin/${name}`, import.meta.url).pathname;
const tracked = (pattern: string) =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', pattern], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);

const checks: [string, string, string[]][] = [
  ['format, lint and import boundaries', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['types', bin('tsc'), ['--noEmit', '-p', '.']],
  ['dead code', bin('knip'), []],
  ['shell scripts', 'shellcheck', ['-x', ...tracked('*.sh')]],
];

await ensurePackages({ note: console.log }, ['shellcheck']);
let failed = 0;
for (const [what, command, args] of checks) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(`${what}: ${command} could not be run (${error.message}). Try: npm ci`);
  if (status !== 0) failed += 1;
  console.log(`${status === 0 ? 'good' : 'BAD '}  ${what}`);
}
process.exit(failed === 0 ? 0 : 1);
