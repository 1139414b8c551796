/** A rotation of keys as a run: every point is sealed to the new key of a site, which opens it; the old one is put back the same way. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labPaths } from '../../../lab/paths.ts';
import { ownLab } from '../support/labs.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { withOverlay } from '../support/with-plan.ts';

const site = 'us-west-2';
const file = '/opt/spacetime/production/project.godot';
const { truth } = ownLab();
let scenario: Scenario;
let folder: string;

beforeAll(async () => {
  scenario = await openScenario();
  folder = join(labPaths(scenario.lab.dir).keys, 'rotated');
  await scenario.reset();
  await scenario.lab.power(`app-${site}`, 'on');
  await scenario.lab.untilPower(`app-${site}`, 'on');
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
  rmSync(folder, { recursive: true, force: true });
});

/** SHA-256 of the site's certificate in each sealed key, at every location of every point. */
async function sealedTo(): Promise<Set<string>> {
  const { json } = await scenario.muster(['keys', 'list', 'spacetime', '--json']);
  const { points } = json as { points: { recipients: { name: string; sha256: string }[] }[] };
  expect(points.length).toBeGreaterThan(1);
  return new Set(points.map(({ recipients }) => recipients.find(({ name }) => name === site)?.sha256 ?? 'nobody'));
}
const rotate = () => scenario.muster(['keys', 'rotate', 'spacetime', '--by', 'ops', '--reason', 'a test']);

test('after a rotation the new key of a site opens what was sealed before it was made', async () => {
  const before = await sealedTo();
  expect(before.size).toBe(1);
  expect(await scenario.muster(['keys', 'make', folder, '--site', site])).toMatchObject({ code: 0 });
  const changed = { certificate: { file: join(folder, `${site}.crt`) }, key: { file: join(folder, `${site}.key`) } };
  const restore = ['restore', 'spacetime', '--path', file, '--into', '/var/tmp/opened', '--at', site, '--by', 'ops'];
  await withOverlay(
    scenario.lab.dir,
    (overlay) => Object.assign(overlay.sites[site], changed),
    async () => {
      const { code, stdout, stderr } = await rotate();
      expect(code, stdout + stderr).toBe(0);
      const after = await sealedTo();
      expect(after.size).toBe(1);
      expect(after).not.toEqual(before);

      const opened = await scenario.muster([...restore, '--watch']);
      expect(opened.code, opened.stdout).toBe(0);
      const hash = await scenario.sh(`app-${site}`, `sha256sum </var/tmp/opened${file} | cut -d ' ' -f 1`);
      expect(truth.files.some((line) => line.startsWith(hash) && line.endsWith(file))).toBe(true);
    },
  );
  expect(await rotate()).toMatchObject({ code: 0 });
  expect(await sealedTo()).toEqual(before);
});
