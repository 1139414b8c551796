/** The order of a break-glass script with small steps: side by side, alongside, failing, resumed, and what a person answers. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { library as names } from '../../../activities/runbook/compose-script.ts';

const library = fileURLToPath(new URL('../../../activities/runbook/library/', import.meta.url));

let folder: string;
let PATH: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-flow-'));
  // No step here asks a cloud; that the command is there is looked for all the same.
  await writeFile(join(folder, 'aws'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  PATH = `${folder}:${process.env.PATH}`;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A script of steps that write their name into `did`; `main` is its stages. */
async function scriptOf(steps: Record<string, string>, main: string[]): Promise<string> {
  const functions = Object.entries(steps).map(([id, body]) => {
    return `step_title[${id}]='Do ${id}'\nstep_order+=(${id})\nstep_${id.replaceAll('-', '_')}() {\n  ${body}\n}`;
  });
  const text = [
    '#!/bin/bash',
    'set -euo pipefail',
    'shopt -s inherit_errexit',
    'self=$(realpath -- "$0")',
    ...(await Promise.all(names.map((name) => readFile(join(library, `${name}.sh`), 'utf8')))),
    `title='A test' service=tea procedure=failover compiled_at=now playbook=p1 state=${folder}/state stages=${main.length}`,
    'step_order=() site_keys=() locations=()',
    `did() { echo "$step" >>${folder}/did; }`,
    ...functions,
    `main() {\n${['begin "$@"', 'introduce', ...main, 'complete'].join('\n')}\n}`,
    'main "$@"',
    'exit',
  ];
  const file = join(folder, 'script.sh');
  await writeFile(file, text.join('\n'));
  return file;
}

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

async function run(file: string, answers: string[], ...words: string[]): Promise<Ended> {
  const child = spawn('bash', [file, ...words], { stdio: 'pipe', env: { ...process.env, PATH } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  child.stdin.end(answers.map((line) => `${line}\n`).join(''));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, said };
}

const did = async () => (await readFile(join(folder, 'did'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

it('asks before each stage, runs ranks in order, and says once more that all is done', async () => {
  const file = await scriptOf({ a: 'did', b: 'sleep 0.2; did', c: 'did' }, ["stage 'One' a b / c", "stage 'Two' a"]);
  const first = await run(file, ['yes']);
  expect(first).toMatchObject({ code: 0 });
  expect(await did()).toEqual(['a', 'b', 'c']);
  expect(first.said).toContain('== 2 of 2: Two: done before');
  const again = await run(file, []);
  expect(again).toMatchObject({ code: 0, said: expect.stringContaining('One: done before') });
  expect(await did()).toEqual(['a', 'b', 'c']);
});

it('stops a step at its first error, and tries it again, with the next generation, when told to', async () => {
  const body = `echo tried >>${folder}/tries; [[ $(wc -l <${folder}/tries) -gt 1 ]]; recall generation a >>${folder}/generations; did`;
  const file = await scriptOf({ a: body.replaceAll('; ', '\n  ') }, ["stage 'One' a"]);
  const ended = await run(file, ['yes', 'retry']);
  expect(ended).toMatchObject({ code: 0, said: expect.stringContaining('Do a (a) failed. [retry, skip, abort]') });
  expect(await did()).toEqual(['a']);
  expect(await readFile(join(folder, 'generations'), 'utf8')).toBe('2\n');
});

it('skips with a reason, and says so at the end', async () => {
  const file = await scriptOf({ a: "fail 'It broke.' 'mend it'", b: 'did' }, ["stage 'One' a", "stage 'Two' b"]);
  const ended = await run(file, ['skip', 'not needed today'], '--yes', '--by', 'dana');
  expect(ended).toMatchObject({ code: 0, said: expect.stringContaining('FAILED: It broke.') });
  expect(ended.said).toContain('Try: mend it');
  expect(ended.said).toContain('SKIPPED  Do a (dana: not needed today)');
  expect(await did()).toEqual(['b']);
});

it('takes nobody for abort, says what is true, and goes on from there', async () => {
  const file = await scriptOf(
    { a: 'did', b: `[[ -e ${folder}/mended ]] || fail 'It broke.' 'mend it'\n  did`, c: 'did' },
    ["stage 'One' a / b", "stage 'Two' c"],
  );
  const ended = await run(file, [], '--yes');
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.said).toMatch(/done {5}Do a[\s\S]*not done Do b[\s\S]*not done Do c/);
  await writeFile(join(folder, 'mended'), '');
  expect(await run(file, [], '--yes')).toMatchObject({ code: 0 });
  expect(await did()).toEqual(['a', 'b', 'c']);
});

it('goes on beside what is alongside, and waits for it at the gate, where the risk is accepted by its name', async () => {
  const steps = { fence: 'sleep 0.5; remember outcome fence unreachable\n  did', a: 'did', b: 'did' };
  const main = [
    "alongside 'Fence' fence",
    "stage 'One' a",
    "gate 'It is fenced' fenced not-fenced fence",
    "point_of_no_return 'Writes'",
    "stage 'Two' b",
  ];
  const file = await scriptOf(steps, main);
  const wrong = await run(file, ['maybe'], '--yes');
  expect(wrong).toMatchObject({ code: 1, said: expect.stringContaining('fence is unreachable') });
  expect(await did()).toEqual(['a', 'fence']);
  const ended = await run(file, ['not-fenced'], '--yes');
  expect(ended).toMatchObject({ code: 0, said: expect.stringContaining('not-fenced was accepted') });
  // A site that was fenced may be back since: it is fenced again before the gate is passed.
  expect(await did()).toEqual(['a', 'fence', 'fence', 'b']);
});

it('keeps the order of ranks alongside: a later one begins only when the one before it has come out', async () => {
  const until = (file: string) => `until [[ -e ${folder}/${file} ]]; do alive; sleep 0.02; done`;
  const steps = {
    first: `${until('beside')}\n  did`,
    second: 'did',
    third: 'did',
    main: `[[ ! -e ${folder}/did ]]\n  touch ${folder}/beside\n  did`,
  };
  const main = ["alongside 'Beside' first / second / third", "stage 'One' main", "point_of_no_return 'Writes'"];
  const ended = await run(await scriptOf(steps, main), [], '--yes');
  expect(ended).toMatchObject({ code: 0 });
  const names = await did();
  expect(names.filter((name) => name !== 'main')).toEqual(['first', 'second', 'third']);
  expect(names).toContain('main');
});

it('begins nothing that comes after a step which failed alongside, until a person has decided at the next gate', async () => {
  const tried = `[[ ! -e ${folder}/state/begun/first ]]`;
  const steps = {
    first: `[[ -e ${folder}/mended ]] || fail 'It broke.' 'mend it'\n  did`,
    maybe: "fail 'Not needed.' 'nothing'",
    second: 'did',
    main: `while ${tried}; do alive; sleep 0.02; done\n  [[ ! -e ${folder}/did ]]\n  did`,
  };
  const main = ["alongside 'Beside' maybe / first / second", "stage 'One' main", "gate 'All' fenced not-fenced second"];
  const file = await scriptOf(steps, main);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('main "$@"', 'step_optional[maybe]=yes\nmain "$@"'));
  const stopped = await run(file, ['abort'], '--yes');
  expect(stopped).toMatchObject({ code: 1, said: expect.stringContaining('Do first (first) failed.') });
  expect(stopped.said).toContain('[maybe] failed; nothing waits for it');
  expect(await did()).toEqual(['main']);
  await writeFile(join(folder, 'mended'), '');
  const ended = await run(file, ['not-fenced'], '--yes');
  expect(ended).toMatchObject({ code: 0 });
  expect(await did()).toEqual(['main', 'first', 'second']);
});

it('waits for what is alongside before it says what is true, and begins no further rank of it', async () => {
  const steps = {
    slow: `until [[ -e ${folder}/state/over/stopped ]]; do alive; sleep 0.02; done\n  did`,
    later: 'did',
    a: "fail 'It broke.' 'mend it'",
  };
  const file = await scriptOf(steps, ["alongside 'Beside' slow / later", "stage 'One' a"]);
  const ended = await run(file, ['abort'], '--yes');
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.said).toMatch(/waited for[\s\S]*done {5}Do slow[\s\S]*not done Do later/);
  expect(await did()).toEqual(['slow']);
});

it('says how old its facts are, and warns of what is not known to it when that is long ago', async () => {
  const file = await scriptOf({ a: 'did' }, ["stage 'One' a"]);
  const ago = new Date(Date.now() - 26 * 3_600_000 - 125_000).toISOString();
  const text = (await readFile(file, 'utf8')).replace('compiled_at=now', `compiled_at=${ago} point=20260102_030405`);
  const old = join(folder, 'old.sh');
  await writeFile(old, text);
  expect(await run(old, [], '--yes')).toMatchObject({
    code: 0,
    said: expect.stringMatching(
      /facts are 1 d 2 h 2 min old; it restores recovery point 20260102_030405\nWARNING: newer recovery points/,
    ),
  });
  const young = await run(file, [], '--yes', '--state', join(folder, 'young'));
  expect(young.said).toContain('facts are 0 d 0 h 0 min old');
  expect(young.said).not.toContain('WARNING');
});

it('passes a gate whose steps came out well without a word', async () => {
  const file = await scriptOf({ fence: 'remember outcome fence fenced' }, [
    "alongside 'Fence' fence",
    "gate 'It is fenced' fenced not-fenced fence",
  ]);
  expect(await run(file, [], '--yes')).toMatchObject({
    code: 0,
    said: expect.stringContaining('every one of fence is fenced'),
  });
});

it('wants the name of the service at the point of no return', async () => {
  const file = await scriptOf({ a: 'did' }, ["point_of_no_return 'Writes'", "stage 'One' a"]);
  expect(await run(file, ['yes', 'abort'])).toMatchObject({ code: 1 });
  expect(await did()).toEqual([]);
  expect(await run(file, ['tea', 'yes'])).toMatchObject({ code: 0 });
});

it('goes on where it was killed, and does nothing twice that was done', async () => {
  const file = await scriptOf({ a: 'did', b: `echo begun >>${folder}/begun\n  sleep 2\n  alive\n  did` }, [
    "stage 'One' a / b",
  ]);
  const child = spawn('bash', [file, '--yes'], { stdio: 'ignore', env: { ...process.env, PATH } });
  for (;;) {
    if (await readFile(join(folder, 'begun'), 'utf8').catch(() => '')) break;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  child.kill('SIGKILL');
  await new Promise((done) => child.on('close', done));
  const ended = await run(file, [], '--yes');
  expect(ended).toMatchObject({ code: 0 });
  expect(await did()).toEqual(['a', 'b']);
});

it('does not run twice at one time with one folder', async () => {
  const file = await scriptOf({ a: `echo begun >>${folder}/begun\n  sleep 1` }, ["stage 'One' a"]);
  const first = run(file, [], '--yes');
  for (;;) {
    if (await readFile(join(folder, 'begun'), 'utf8').catch(() => '')) break;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  expect(await run(file, [], '--yes')).toMatchObject({ code: 2, said: expect.stringContaining('runs already') });
  expect(await first).toMatchObject({ code: 0 });
});

it('does what is optional without waiting for its success, and asks a person for what only people can do', async () => {
  const file = await scriptOf({ a: "fail 'It broke.' 'mend it'", b: "say 'Call them.'" }, ["stage 'One' a / b"]);
  const text = (await readFile(file, 'utf8')).replace(
    'main "$@"',
    'step_optional[a]=yes\nstep_by_person[b]=yes\nmain "$@"',
  );
  await writeFile(file, text);
  const ended = await run(file, ['what', 'done'], '--yes');
  expect(ended).toMatchObject({ code: 0, said: expect.stringContaining('nothing waits for it') });
  expect(ended.said).toContain('Call them.');
});

it('claims no look of a watch that only a person can keep', async () => {
  const file = await scriptOf({ w: "say 'curl it.'" }, ["watch 'Watch' 60 30 w"]);
  const text = (await readFile(file, 'utf8')).replace('main "$@"', 'step_by_person[w]=yes\nmain "$@"');
  await writeFile(file, text);
  const ended = await run(file, [], '--yes');
  expect(ended).toMatchObject({ code: 0, said: expect.stringContaining('done by a person') });
  expect(ended.said).not.toContain('looks,');
}, 20_000);
