/** Beginning and end of labs: side by side, interrupted, crashed; nothing may stay behind. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { connectLab } from '../../../lab/client.ts';
import { down } from '../../../lab/down.ts';
import { until } from '../../../lab/shell.ts';
import { type LabState, labLives, readState } from '../../../lab/state.ts';
import { up } from '../../../lab/up.ts';
import { bare, clear, mountsOf, networksOf, processesOf, raise, temporaryDir } from './helpers.ts';

const main = fileURLToPath(new URL('../../../lab/main.ts', import.meta.url));
const dirs: string[] = [];

async function newDir(): Promise<string> {
  const dir = await temporaryDir();
  dirs.push(dir);
  return dir;
}

function stateOf(dir: string): LabState {
  const state = readState(dir);
  if (!state) throw new Error(`No lab.json in ${dir}.`);
  return state;
}

function expectNothingLeft(dir: string, networks: string[]): void {
  expect(processesOf(dir, networks)).toEqual([]);
  expect(mountsOf(dir)).toEqual([]);
}

afterEach(async () => {
  for (const dir of dirs.splice(0)) await clear(dir);
}, 60_000);

test('two labs stand side by side with the same addresses, and down leaves nothing of either', async () => {
  const [one, other] = await Promise.all([newDir(), newDir()]);
  const labs = await Promise.all([raise(one), raise(other)]);
  const names = await Promise.all(
    labs.map((lab, index) => lab.ssh('app-us-east-1', `echo ${index} > /root/which; cat /root/which`)),
  );
  expect(names.map((answer) => answer.stdout)).toEqual(['0\n', '1\n']);
  await labs[0]?.kill('us-east-1');
  expect((await labs[1]?.ssh('app-us-east-1', 'cat /root/which'))?.stdout).toBe('1\n');
  await expect(up({ dir: one, options: bare })).rejects.toThrow(/A lab is up in .* already/);
  for (const dir of [one, other]) {
    const networks = networksOf(stateOf(dir));
    expect(networks).toHaveLength(3);
    expect(processesOf(dir, networks).filter((line) => line.includes('sshd'))).not.toEqual([]);
    expect(await down({ dir })).toBe(true);
    expectNothingLeft(dir, networks);
  }
  expect(await down({ dir: one })).toBe(false);
}, 240_000);

test('when the supervisor is killed everything goes with it, and down still works', async () => {
  const dir = await newDir();
  await raise(dir);
  const state = stateOf(dir);
  const networks = networksOf(state);
  const supervisor = processesOf(dir, networks)
    .filter((line) => /^\d+ \S*node \S*supervisor\.ts/.test(line))
    .map((line) => Number.parseInt(line, 10));
  expect(supervisor).toHaveLength(1);
  process.kill(supervisor[0] as number, 'SIGKILL');
  await until('the lab is dead', () => !labLives(state));
  expectNothingLeft(dir, networks);
  expect(() => connectLab(dir)).toThrow(/is dead/);
  expect(await down({ dir })).toBe(false);
  expect(existsSync(`${dir}/lab.json`)).toBe(false);
  await raise(dir);
}, 240_000);

test.each(['network of two regions', 'AWS of both regions', 'hosts of us-east-1'])(
  'an interrupted up takes down what stood already (after: %s)',
  async (line) => {
    const dir = await newDir();
    const rising = spawn(process.execPath, [main, '--dir', dir, 'up', '--worker', ''], { stdio: 'pipe' });
    let said = '';
    rising.stdout.on('data', (data) => {
      said += data;
    });
    const exit = new Promise((resolve) => rising.once('exit', (code) => resolve(code)));
    await until(`up says: ${line}`, () => said.includes(line), { timeoutMs: 15 * 60_000 });
    const networks = networksOf(stateOf(dir));
    rising.kill('SIGINT');
    expect(await exit).toBe(130);
    expectNothingLeft(dir, networks);
    expect(existsSync(`${dir}/lab.json`)).toBe(false);
  },
  16 * 60_000,
);

test('a rise that fails says why and takes back what stood', async () => {
  const dir = await newDir();
  let networks: string[] = [];
  const note = () => {
    networks = networksOf(stateOf(dir));
  };
  const options = { ...bare, without: ['moto-global'] };
  await expect(up({ dir, options, note })).rejects.toThrow(/ECONNREFUSED.*10\.77\.0\.1:5000/);
  expect(networks).toHaveLength(3);
  expectNothingLeft(dir, networks);
  expect(existsSync(`${dir}/lab.json`)).toBe(false);
}, 240_000);

test(
  'a lab whose up was killed outright ends by itself',
  async () => {
    const dir = await newDir();
    const rising = spawn(process.execPath, [main, '--dir', dir, 'up', '--worker', ''], { stdio: 'pipe' });
    let said = '';
    rising.stdout.on('data', (data) => {
      said += data;
    });
    await until('the network stands', () => said.includes('network of two regions'), { timeoutMs: 15 * 60_000 });
    const state = stateOf(dir);
    const networks = networksOf(state);
    rising.kill('SIGKILL');
    await until('the lab is dead', () => !labLives(state));
    expectNothingLeft(dir, networks);
  },
  16 * 60_000,
);
