/** `muster observe` against real observers that look at a real service through a real name server. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCli } from '../../scripts/run-cli.ts';
import { eventually, freePort, startProgram } from '../lab/aws/servers.ts';
import { startNames, startService } from '../observer/service.ts';
import { runMuster } from '../support/run-muster.ts';

let folder: string;
let service: Awaited<ReturnType<typeof startService>>;
let names: Record<'here' | 'there', Awaited<ReturnType<typeof startNames>>>;
let ports: Record<'here' | 'there', number>;
let running: Awaited<ReturnType<typeof startProgram>>[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-observe-'));
  running = [];
  service = await startService();
  names = { here: await startNames(), there: await startNames() };
  ports = { here: await freePort(), there: await freePort() };
  await mkdir(join(folder, 'plans'));
  await replan();
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  service.stop();
  for (const each of Object.values(names)) each.stop();
  await rm(folder, { recursive: true, force: true });
});

const muster = (words: string) => runMuster(words.split(' '), { MUSTER_PLANS: join(folder, 'plans') });
const status = () => `http://service.test:${service.port}/status`;

async function replan(change: (plan: Record<string, unknown>) => void = () => {}): Promise<void> {
  const plan = parse(await readFile(new URL('../../plans/spacetime.yaml', import.meta.url), 'utf8'));
  plan.health.publicUrl = status();
  plan.observers = (['here', 'there'] as const).map((name) => ({
    ...{ name, url: `http://127.0.0.1:${ports[name]}`, every: '40ms', timeout: '400ms' },
    resolver: names[name].server,
    canary: { url: `http://service.test:${service.port}/writes`, every: '50ms' },
  }));
  change(plan);
  await writeFile(join(folder, 'plans', 'spacetime.yaml'), stringify(plan));
}

/** As its unit would: with the options that `--install` prints. */
async function start(name: 'here' | 'there'): Promise<void> {
  const { out } = await muster(`observe spacetime --install ${name}`);
  const [, options = ''] = /^OBSERVE="(.*)"$/m.exec(out) ?? [];
  running.push(await startProgram('observer/main.ts', [...options.split(' '), '--log', join(folder, `${name}.jsonl`)]));
}

async function until(agreement: string, words = ''): Promise<{ code: number; seen: Seen }> {
  return await eventually(`they say ${agreement}`, async () => {
    const { out, code } = await muster(`observe spacetime --json${words}`);
    const seen = JSON.parse(out) as Seen;
    return seen.agreement === agreement ? { code, seen } : undefined;
  });
}
interface Seen {
  readonly agreement: string;
  readonly vantages: readonly {
    readonly name: string;
    readonly state: string;
    readonly why?: string;
    readonly since?: string;
    readonly canary?: { acknowledged: number; lost?: number; why?: string };
    readonly outages: readonly { since: string; until?: string; why: string; detectedAfter?: number }[];
  }[];
}

test('two that see the service up, then down, then up again with the outage between', async () => {
  await Promise.all([start('here'), start('there')]);
  expect((await until('up')).code).toBe(0);
  service.control.ready = false;
  const down = await until('down', ' --no-count');
  expect(down.code).toBe(11);
  expect(down.seen.vantages.map(({ name, state, why }) => [name, state, why])).toEqual([
    ['here', 'down', 'overall_ready is false'],
    ['there', 'down', 'overall_ready is false'],
  ]);
  service.control.ready = true;
  const { seen } = await until('up');
  for (const { outages } of seen.vantages) {
    expect(outages).toMatchObject([{ until: expect.any(String), why: 'overall_ready is false' }]);
    expect(outages[0]?.detectedAfter).toBeLessThan(2_000);
  }
  const { out } = await muster('observe spacetime');
  expect(out).toMatch(/here +up +\S+ +\S+ +\S+ +\d+ writes, none lost/);
  expect(out).toMatch(/OUTAGE there: \S+ until \S+ \(.*\): overall_ready is false; seen within/);
  expect(out).toContain('All that look see the service up.');
});

test('one way to the service that is cut is told apart from an outage', async () => {
  await Promise.all([start('here'), start('there')]);
  await until('up');
  names.there.state.address = undefined;
  const { code, seen } = await until('disagree');
  expect(code).toBe(11);
  expect(seen.vantages.map(({ state }) => state)).toEqual(['up', 'down']);
});

test('writes that were acknowledged and are gone are counted', async () => {
  await start('here');
  const written = await eventually('writes', () =>
    service.control.kept.size > 5 ? [...service.control.kept] : undefined,
  );
  for (const id of written.slice(0, 2)) service.control.kept.delete(id);
  const { out } = await muster('observe spacetime');
  expect(out).toMatch(/here +up .* \d+ writes, 2 LOST/);
  expect(out).toMatch(/there +BLIND +- .*ECONNREFUSED/);
  expect((await muster('observe spacetime --no-count --json')).out).not.toContain('"canary"');
});

test('one that does not answer has no vote, and where none does nobody knows', async () => {
  await start('here');
  expect((await until('up')).seen.vantages[1]).toMatchObject({ name: 'there', state: 'blind' });
  await Promise.all(running.map((each) => each.stop()));
  const { code, out } = await muster('observe spacetime');
  expect(code).toBe(3);
  expect(out).toContain('NOBODY LOOKS');
});

test('an observer of something else has no say', async () => {
  await start('here');
  await until('up');
  await replan((plan) => Object.assign(plan.health as object, { publicUrl: `${status()}?other` }));
  const { out, code } = await muster('observe spacetime');
  expect(out).toMatch(/here +BLIND .*it watches .*, not .*other/);
  expect(code).toBe(3);
});

test('who follows is told each change once, and how it stood at the end', async () => {
  await Promise.all([start('here'), start('there')]);
  await until('up', ' --no-count');
  let out = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      out += chunk;
      done();
    },
  });
  const ending = new AbortController();
  const words = ['observe', 'spacetime', '--follow', '--no-count'];
  const env = { MUSTER_PLANS: join(folder, 'plans') };
  const code = runCli(words, { stdout, stderr: stdout, env, signal: ending.signal });
  await eventually('it says how it is', () => out.includes('All that look see the service up.'));
  service.control.ready = false;
  await eventually('it says what changed', () =>
    /here DOWN since \S+ \(overall_ready is false\); there DOWN/.test(out),
  );
  ending.abort();
  expect(await code).toBe(11);
  expect(out.match(/the service up\./g)).toHaveLength(1);
});

test('what cannot be asked for is refused with a hint', async () => {
  const install = await muster('observe spacetime --install elsewhere');
  expect(install).toMatchObject({ code: 2, err: expect.stringContaining('one of: here, there.') });
  expect((await muster('observe spacetime --last yesterday')).err).toContain('--last 24h');
  await replan((plan) => delete plan.observers);
  expect((await muster('observe spacetime')).err).toContain('names no observer');
});
