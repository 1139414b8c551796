/** The plan as it was, from a real git repository, from a file and from a folder. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { planBefore } from '../../../activities/plans/plan-before.ts';
import { plansFolder } from '../../support/plan.ts';

const run = promisify(execFile);
let folder: string;
let plans: string;
let text: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-before-'));
  plans = join(folder, 'plans');
  await mkdir(join(plans, 'overlays/staging'), { recursive: true });
  text = await readFile(join(plansFolder, 'spacetime.yaml'), 'utf8');
  await writeFile(join(plans, 'spacetime.yaml'), text.replace('title: SpaceTime API', 'title: As it was'));
  await writeFile(join(plans, 'overlays/staging/spacetime.yaml'), 'owner: Was staging\n');
  const git = (...words: string[]) => run('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...words]);
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'one');
  await writeFile(join(plans, 'spacetime.yaml'), text);
  await writeFile(join(plans, 'overlays/staging/spacetime.yaml'), 'owner: Is staging\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (overlays: string[] = []) => ({ folder: plans, service: 'spacetime', overlays });

it('reads plan and overlays of a commit', async () => {
  const { plan } = await planBefore(place(['staging']), 'HEAD');
  expect(plan).toMatchObject({ title: 'As it was', owner: 'Was staging' });
});

it('reads a file with the present overlays, and a folder with its own', async () => {
  const file = join(folder, 'old.yaml');
  await writeFile(file, text.replace('title: SpaceTime API', 'title: From a file'));
  expect((await planBefore(place(['staging']), file)).plan).toMatchObject({
    title: 'From a file',
    owner: 'Is staging',
  });
  const other = join(folder, 'other');
  await cp(plans, other, { recursive: true });
  await writeFile(join(other, 'overlays/staging/spacetime.yaml'), 'owner: Of the folder\n');
  expect((await planBefore(place(['staging']), other)).plan.owner).toBe('Of the folder');
});

it('says what is not to be had: a commit, a file in it, a repository', async () => {
  await expect(planBefore(place(), 'nowhere')).rejects.toMatchObject({ type: 'NoEarlierPlan' });
  await expect(planBefore(place(), '--help')).rejects.toMatchObject({ type: 'NoEarlierPlan' });
  const bare = join(folder, '..', `muster-bare-${process.pid}`);
  await cp(plans, bare, { recursive: true });
  try {
    await expect(planBefore({ ...place(), folder: bare }, 'HEAD')).rejects.toMatchObject({ type: 'NoEarlierPlan' });
  } finally {
    await rm(bare, { recursive: true, force: true });
  }
});
