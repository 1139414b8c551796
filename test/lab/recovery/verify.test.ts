/** `muster verify` in the lab, as typed: hashes at both locations, and a flipped byte mended. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Verification } from '../../../domain/points/verification.ts';
import { pointFiles } from '../support/point-files.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';

let scenario: Scenario;
let files: Awaited<ReturnType<typeof pointFiles>>;

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  files = await pointFiles(scenario);
});
afterAll(() => scenario.close());

async function verify(...more: string[]) {
  const { code, json, stderr } = await scenario.muster(['verify', 'spacetime', ...more, '--by', 'tests', '--json']);
  return { code, stderr, result: json as Verification };
}

test('reads the newest point at both locations', async () => {
  const { code, result, stderr } = await verify();
  expect(code, stderr).toBe(0);
  expect(result.looks.map(({ location, state }) => `${location} ${state}`)).toEqual([
    'company-backups good',
    'company-backups-dr good',
  ]);
});

test('restores every component into a scratch place with --full, removes it, and the point is proven', async () => {
  const look = 'ls -d /var/tmp/muster-test-* 2>/dev/null || true';
  const { code, result, stderr } = await verify('--full');
  expect(result?.findings, stderr).toEqual([]);
  expect(code, stderr).toBe(0);
  expect(await scenario.sh('app-us-east-1', look)).toBe('');
  const databases = 'psql -XAtc "SELECT count(*) FROM pg_database WHERE datname LIKE \'muster_test_%\'"';
  expect(await scenario.sh('db-us-east-1', `cd / && runuser -u postgres -- ${databases}`)).toBe('0');
  const { json } = await scenario.muster(['points', 'spacetime', '--json']);
  const { points } = json as { points: { id: string; state: string }[] };
  expect(points.find(({ id }) => id === files.id)?.state).toBe('proven');
});

test('mends a byte that was flipped at one of them', async () => {
  const flip = (file: string) => `printf X | dd of=${file} bs=1 seek=600 conv=notrunc 2>/dev/null`;
  await files.change(
    'archives/*/database/00000.0*',
    flip,
    async (key) => {
      const { code, result, stderr } = await verify(files.id);
      expect(code, stderr).toBe(0);
      expect(result.findings).toMatchObject([{ object: key, location: 'company-backups-dr', outcome: 'mended' }]);
      const again = await verify(files.id);
      expect(again.result.findings).toEqual([]);
    },
    ['us-west-2'],
  );
});
