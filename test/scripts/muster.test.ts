import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../domain/run/run.ts';
import type { Cli } from '../../scripts/cli/cli.ts';
import { decide } from '../../scripts/cli/decide.ts';
import type { RunSeen } from '../../scripts/cli/runs.ts';
import { connectTemporal } from '../../scripts/cli/temporal.ts';
import { type GrpcFront, startGrpcFront } from '../support/grpc-front.ts';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

let range: Range;
beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
});
afterAll(() => range.close());

const risk = { id: 'old-primary-not-fenced', text: 'It may still write', severity: 'high' } as const;
const escapeCode = String.fromCharCode(27);

describe('a failover from the command line', () => {
  test('is started, shown, approved by name and hash, watched to its end and reported', async () => {
    const service = await range.service({ items: [stage('Power up', [act('start-app')])], risks: [risk] });

    const started = await range.muster(`failover ${service} --reason lost --by asker`);
    expect(started.code).toBe(0);
    expect(started.out).toContain('FAILOVER us-east-1 -> us-west-2');
    expect(started.out).toContain(`workflowId=${service}%2Frecovery&taskQueue=muster&workflowType=failover`);

    const waiting = await range.until(`status ${service}`, 5);
    expect(waiting.out).toContain('NEEDED');
    expect(waiting.out).toContain('old-primary-not-fenced: It may still write');
    expect((await range.muster(`watch ${service} --until-needed`)).code).toBe(5);

    const printed = await range.muster(`approve ${service} --print --accept ${risk.id}`);
    expect(printed.json()).toMatchObject({ by: 'dana', decision: 'go', accept: [risk.id] });

    const approved = await range.muster(`approve ${service} --yes --accept ${risk.id}`);
    expect(approved).toMatchObject({ code: 0 });
    expect(approved.out).toMatch(/Playbook [0-9a-f]{64} \(hashed here, and agrees\)/);

    const watched = await range.muster(`watch ${service}`);
    expect(watched.code).toBe(0);
    expect(watched.out).toContain('start-app done');
    expect(watched.out).not.toContain(escapeCode);

    const report = await range.muster(`report ${service} --format json`);
    expect(report.json()).toMatchObject({
      service,
      result: 'done',
      requestedBy: 'asker',
      rto: { verdict: 'not observed' },
    });
    const { run } = report.json() as { run: string };
    expect((await range.muster(`report ${run}`)).out).toContain('FAILOVER us-east-1 -> us-west-2');
  });

  test('says which run holds the service, since when and by whom, and exits 2', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    await range.muster(`failover ${service} --by first`);
    await range.until(`status ${service}`, 5);
    const second = await range.muster(`restore ${service} --by second`);
    expect(second.code).toBe(2);
    expect(second.err).toMatch(
      /taken by run failover-\S+ \(failover, awaiting-approval\), since 20\S+Z, asked for by first/,
    );
    expect(second.err).toContain(`muster watch ${service}`);
  });

  test('starts nothing for a service without a plan, or a site that the plan does not have', async () => {
    expect((await range.muster('failover nowhere')).err).toContain('There is no');
    expect((await range.muster('failover ../x')).code).toBe(2);
    const service = await range.service({ items: [stage('x', [act('a')])] });
    const wrong = await range.muster(`failover ${service} --to mars-1`);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err).toContain('us-east-1, us-west-2');
    expect((await range.muster(`status ${service}`)).code).toBe(2);
  });
});

describe('a backup from the command line', () => {
  test('carries label, components and deployment into the run, and is refused for what the plan does not have', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    const wrong = await range.muster(`backup ${service} --components databaes`);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err).toContain('one or more of: configuration, database');
    expect((await range.muster(`backup ${service} --after-incident --label x`)).code).toBe(2);
    const started = await range.muster(
      `backup ${service} --before-deployment 1.9.0 --commit 9fceb02 --config-only --json`,
    );
    expect(started.json()).toMatchObject({
      input: {
        label: 'pre-deploy',
        backup: { kind: 'full', components: ['configuration'], version: '1.9.0', commit: '9fceb02' },
      },
    });
    expect((await range.muster(`watch ${service} --backup`)).code).toBe(0);
  });

  test('only looks with --dry-run: what cannot be read is said, and nothing is started', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    const looked = await range.muster(`backup ${service} --dry-run`);
    expect(looked.code).toBe(2);
    expect(looked.out).toMatch(/BAD +hosts, names and playbook .*cannot be read/);
    expect(looked.out).toMatch(/BAD +signing key/);
    expect(looked.out).toContain('to mend first. Nothing was started.');
    expect((await range.muster(`status ${service} --backup`)).code).toBe(2);
  });
});

describe('approving', () => {
  test('is refused when the worker claims another hash than its playbook has', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])], claim: 'c0ffee'.padEnd(64, '0') });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    const refused = await range.muster(`approve ${service} --yes`);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('do not approve');
    const status = (await range.muster(`status ${service} --json`)).json() as RunStatus;
    expect(status.approvals).toEqual([]);
  });

  test('wants every risk by name, and none that does not stand', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])], risks: [risk] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    expect((await range.muster(`approve ${service} --yes`)).err).toContain(risk.id);
    expect((await range.muster(`approve ${service} --yes --accept ${risk.id},flood`)).err).toContain('flood');
    expect((await range.muster(`approve ${service}`)).err).toContain('no terminal');
    expect((await range.muster(`approve ${service} --yes --accept ${risk.id} --playbook ${'a'.repeat(64)}`)).code).toBe(
      2,
    );
    expect((await range.muster(`approve ${service} --yes --accept ${risk.id} --by asker`)).out).toContain('REFUSED');
  });

  test('asks a person at a terminal to type each risk and the target', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])], risks: [risk] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    const slip = await range.muster(`approve ${service}`, { typed: [risk.id, 'us-east-1'] });
    expect(slip).toMatchObject({ code: 2 });
    expect(slip.err).toContain('nothing was sent');
    const typed = await range.muster(`approve ${service}`, { typed: [risk.id, 'us-west-2'] });
    expect(typed).toMatchObject({ code: 0 });
    expect((await range.muster(`watch ${service}`)).code).toBe(0);
  });

  test('can be a no-go, which ends the run and exits the watch with 4', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    expect((await range.muster(`reject ${service} --reason alarm`)).code).toBe(0);
    const watched = await range.muster(`watch ${service}`);
    expect(watched.code).toBe(4);
    expect(watched.out).toContain('rejected');
    expect((await range.muster(`approve ${service} --yes`)).code).toBe(2);
  });
});

describe('operating a run', () => {
  test('retries and skips failed steps, notes, pauses and resumes, each under a name', async () => {
    const service = await range.service({
      items: [stage('x', [act('flaky', { fail: 1 })], [act('broken', { fail: 9 })])],
    });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    await range.muster(`approve ${service} --yes`);
    await range.until(`status ${service}`, 5, ({ out }) => out.includes('Broken: it broke 1 times'));
    expect((await range.muster(`skip ${service} flaky`)).code).toBe(2);
    expect((await range.muster(`retry ${service} nothing`)).out).toContain('there is no step nothing');
    expect((await range.muster(`retry ${service} flaky`)).code).toBe(0);
    await range.until(`status ${service}`, 5, ({ out }) => out.includes('Act broken (broken)  failed'));
    expect((await range.muster(`note ${service} AWS confirms the outage`)).code).toBe(0);
    expect((await range.muster(`pause ${service}`)).code).toBe(0);
    expect((await range.muster(`pause ${service}`)).code).toBe(2);
    expect((await range.muster(`resume ${service}`)).code).toBe(0);
    expect((await range.muster(`skip ${service} broken --reason later --by eli`)).code).toBe(0);
    expect((await range.muster(`watch ${service}`)).code).toBe(0);
    const report = (await range.muster(`report ${service}`)).out;
    expect(report).toContain('AWS confirms the outage (dana)');
    expect(report).toMatch(/Skipped.*broken.*eli/);
  });

  test('aborts', async () => {
    const service = await range.service({ items: [stage('x', [act('stuck', { wait: true })])] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    await range.muster(`approve ${service} --yes`);
    await range.until(`status ${service}`, 0, ({ out }) => out.includes('running'));
    expect((await range.muster(`abort ${service} --reason back`)).code).toBe(0);
    expect(await range.muster(`watch ${service}`)).toMatchObject({ code: 4 });
  });
});

describe('watching', () => {
  test('shows the progress of the running step, live on a terminal and as JSON lines elsewhere', async () => {
    const service = await range.service({ items: [stage('x', [act('copy-live', { wait: true }), act('other')])] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    await range.muster(`approve ${service} --yes`);
    // Released when both views have shown how far it is.
    const shown = { live: false, lines: false };
    const see = (view: keyof typeof shown) => (text: string) => {
      shown[view] ||= /60 %|"done":0.6/.test(text);
      if (shown.live && shown.lines) range.release('copy-live');
    };
    const [drawn, documents] = await Promise.all([
      range.muster(`watch ${service}`, { tty: true, onOut: see('live') }),
      range.muster(`watch ${service} --json`, { onOut: see('lines') }),
    ]);
    expect(drawn.code).toBe(0);
    expect(drawn.out).toContain(`${escapeCode}[`);
    expect(drawn.out).toMatch(/\[>\] Act copy-live \(copy-live\).*\[#{12}-{8}\] 60 % 1\.2 of 2\.0 GB/);
    const parsed = documents.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(parsed.some((each) => each.progress?.['copy-live']?.done === 0.6)).toBe(true);
    expect(parsed.at(-1)).toMatchObject({ phase: 'done', state: 'COMPLETED', source: 'query' });
  });

  test('shows the attempt and the last error of a step that is tried again', async () => {
    const service = await range.service({ items: [stage('x', [act('trouble', { fault: 'ENOENT: no such key' })])] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    await range.muster(`approve ${service} --yes`);
    const again = /\[>\] Act trouble \(trouble\).*attempt [2-9]: ENOENT: no such key/;
    await range.until(`status ${service}`, 0, ({ out }) => again.test(out));
    const followed = await range.muster(`watch ${service}`, {
      onOut: (text) => {
        if (/trouble {2}attempt \d+: ENOENT/.test(text)) range.release('trouble');
      },
    });
    expect(followed).toMatchObject({ code: 0 });
  });
});

describe('when no worker answers', () => {
  test('status tells what the server remembers, and decisions wait as Signals', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    await range.stopWorkers();

    const status = await range.muster(`status ${service}`);
    expect(status.code).toBe(5);
    expect(status.out).toContain('No worker answered');
    expect(status.out).toMatch(/awaiting-approval[\s\S]*by asker/);
    expect((await range.muster(`approve ${service} --yes`)).code).toBe(3);
    const abort = await range.muster(`abort ${service} --reason late --json`);
    expect(abort.code).toBe(6);
    expect(abort.json()).toMatchObject({ way: 'signal', decision: 'abort' });

    await range.startWorkers();
    const watched = await range.muster(`watch ${service}`);
    expect(watched.code).toBe(4);
    expect(watched.out).toContain('abort: late (dana)');
  });
});

describe('when the last tasks of a run were lost with their workers', () => {
  const lost = 'Unable to perform workflow execution update due to Workflow Task in failed state.';
  let front: GrpcFront;
  beforeAll(async () => {
    front = await startGrpcFront(range.env.TEMPORAL_ADDRESS, {});
    return () => front.stop();
  });
  const through = () => ({
    env: { TEMPORAL_ADDRESS: front.address, TEMPORAL_TLS_SERVER_CA_CERT_PATH: front.files.authority },
  });

  /** Of a run that waits for its go, whose next so many Updates are not taken. */
  async function abort(refused: number) {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    front.refuse('UpdateWorkflowExecution', 9, lost, refused);
    return { service, answer: await range.muster(`abort ${service} --reason late --json`, through()) };
  }

  test('a decision is sent again until the run takes an Update', async () => {
    const { answer } = await abort(2);
    expect(answer).toMatchObject({ code: 0 });
    expect(answer.json()).toMatchObject({ way: 'update', taken: true });
  });

  test('it waits as a Signal where the run takes none for long', async () => {
    const { service, answer } = await abort(1_000);
    expect(answer).toMatchObject({ code: 6 });
    expect(answer.json()).toMatchObject({ way: 'signal' });
    expect((await range.muster(`watch ${service}`)).out).toContain('abort: late (dana)');
  });
});

describe('a watch of a run while the server is away', () => {
  let front: GrpcFront;
  beforeAll(async () => {
    front = await startGrpcFront(range.env.TEMPORAL_ADDRESS, {});
    return () => front.stop();
  });

  /** Whose next so many looks have no answer in time. */
  async function watched(missed: number) {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    front.refuse('DescribeWorkflowExecution', 4, 'Deadline exceeded', missed);
    const env = { TEMPORAL_ADDRESS: front.address, TEMPORAL_TLS_SERVER_CA_CERT_PATH: front.files.authority };
    return await range.muster(`backup ${service} --watch`, { env });
  }

  test('says nothing of one late answer', async () => {
    expect(await watched(1)).toMatchObject({ code: 0, err: '' });
  });

  test('says once that it waits, and once that the server is back', async () => {
    expect(await watched(4)).toMatchObject({
      code: 0,
      err: 'The Temporal server does not answer; waiting for it.\nThe Temporal server answers again.\n',
    });
  });
});

describe('without anything to ask', () => {
  test('says that no server answers, where, and exits 3', async () => {
    const answer = await range.muster('status', { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    expect(answer.code).toBe(3);
    expect(answer.err).toContain('127.0.0.1:1');
    expect(answer.err).toContain('Try:');
  });

  test('refuses verbs and options that do not exist', async () => {
    expect((await range.muster('failovr spacetime')).code).toBe(2);
    expect((await range.muster('status --jsn')).code).toBe(2);
    expect((await range.muster('status a b')).code).toBe(2);
    expect((await range.muster('preview spacetime tea')).err).toContain('one of: backup, failover');
    const bare = await range.muster('skip spacetime x --json');
    expect(bare.code).toBe(2);
    expect(bare.json()).toMatchObject({
      error: { type: 'BadUsage', message: expect.stringContaining('--reason'), exit: 2 },
    });
  });

  test('names the namespace that the server does not have, and exits 2', async () => {
    const answer = await range.muster('status --namespace nowhere');
    expect(answer.code).toBe(2);
    expect(answer.err).toMatch(/no namespace nowhere\. Try: /);
  });

  test('says that a run has ended, when it ends while somebody decides', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    await range.muster(`failover ${service} --by asker`);
    await range.until(`status ${service}`, 5);
    const before = (await range.muster(`status ${service} --json`)).json() as RunSeen;
    await range.client.workflow.getHandle(`${service}/recovery`).terminate();
    const temporal = await connectTemporal(range.env, {});
    const cli = { temporal: async () => temporal, json: true } as unknown as Cli;
    for (const signal of [true, false])
      await expect(decide(cli, before, 'pause', { by: 'op' }, { signal })).rejects.toMatchObject({ type: 'RunEnded' });
    await temporal.close();
  });
});

test('alone it tells where every plan stands and what to do next', async () => {
  const service = await range.service({ items: [stage('x', [act('a')])] });
  await range.muster(`failover ${service} --by asker`);
  await range.until(`status ${service}`, 5);
  const answer = await range.muster('--json');
  expect(answer.code).toBe(5);
  const { services } = answer.json() as { services: { service: string; next: string[] }[] };
  expect(services.find((each) => each.service === service)?.next).toContain(`muster approve ${service}`);
});
