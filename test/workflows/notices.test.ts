/** What people are told, followed up by real workflows on a real server: who is told next, what stops it, and what a run leaves when it ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellPeople } from '../../activities/notices/notify.ts';
import { openMatters } from '../../activities/notices/open-matters.ts';
import { noticeDeskId } from '../../domain/notices/desk.ts';
import { heard } from '../../domain/notices/escalation.ts';
import { escalationSchema } from '../../domain/plan/escalation.ts';
import { noticesSchema } from '../../domain/plan/notices.ts';
import { startHttpReceiver } from '../support/http-receiver.ts';
import { spacetimePlan } from '../support/plan.ts';
import { approved, deskOf, eventually, policy, saidOf } from './support/notices.ts';
import { act, openRange, runOf, stage } from './support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const long = 3_600_000;
const failing = (id: string, times = 1) => act(id, { fail: times });
const desk = (service: string) => deskOf(range, service);
const escalated = (service: string, matter: string) => saidOf(range, service, matter).escalated[0];
const changes = (service: string, matter: string) => saidOf(range, service, matter).changes;

describe('a notice that nobody answers', () => {
  it('goes to the next ones, once, and ends when it is decided', async () => {
    const service = range.service({ items: [stage('one', [failing('a')])], notices: policy(300) });
    const run = await range.startOf(service);
    await approved(run);
    const next = await eventually(() => escalated(service, 'step-failed:a'));
    expect(next).toMatchObject({
      only: ['manager'],
      level: 'P0',
      text: expect.stringMatching(/^(Nobody answered for|FAILOVER)/),
    });
    expect((await run.status()).open).toMatchObject([{ notice: 'step-failed:a', level: 'P0' }]);
    await run.update('retry', { by: 'op', step: 'a' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(changes(service, 'step-failed:a')).toEqual(['resolved']);
    expect(saidOf(range, service, 'step-failed:a').escalated).toHaveLength(1);
    expect(await desk(service).exists()).toBe(false);
  });

  it('is followed up whatever becomes of another one: only its own end ends it', async () => {
    const service = range.service({
      items: [stage('one', [failing('lost'), failing('other'), failing('third')])],
      notices: policy(4_000),
    });
    const run = await range.startOf(service);
    await approved(run);
    await run.until(({ open = [] }) => open.length === 3);
    expect(await run.update('acknowledge', { by: 'dana', notice: 'step-failed:other' })).toMatchObject({ taken: true });
    expect(await run.update('acknowledge', { by: 'dana', notice: 'step-failed:other' })).toMatchObject({
      taken: false,
    });
    await run.update('retry', { by: 'op', step: 'third' });
    await eventually(() => escalated(service, 'step-failed:lost'));
    // Due at the same time, so they would have been told by now.
    expect(escalated(service, 'step-failed:other')).toBeUndefined();
    expect(escalated(service, 'step-failed:third')).toBeUndefined();
    expect(changes(service, 'step-failed:other')).toEqual(['acknowledged']);
    expect(changes(service, 'step-failed:third')).toEqual(['resolved']);
    expect(changes(service, 'step-failed:lost')).toEqual([]);
    for (const step of ['lost', 'other']) await run.update('retry', { by: 'op', step });
    await run.result();
  });

  it('is acknowledged by a go, by name, and by a Signal', async () => {
    const service = range.service({ items: [stage('one', [failing('c')])], notices: policy(long) });
    const run = await range.startOf(service);
    await run.until(({ open = [] }) => open.some(({ notice }) => notice === 'approval'));
    await run.go();
    await run.until(({ open = [] }) => open.some(({ notice }) => notice === 'step-failed:c'));
    expect(changes(service, 'approval')).toEqual(['resolved']);
    await run.signal('acknowledge', { by: 'dana' });
    await run.until(({ open = [] }) => open[0]?.by === 'dana');
    expect((await run.status()).timeline).toContainEqual(
      expect.objectContaining({ by: 'dana', text: 'looks after step-failed:c' }),
    );
    await run.update('abort', { by: 'op' });
    await run.result();
  });

  it('goes along when the plan of the run is changed, unless that decides it', async () => {
    const alarming = act('a', { output: { alarm: 'a recovery point is lost' } });
    const service = range.service({
      items: [stage('one', [alarming]), stage('two', [failing('b')])],
      notices: policy(long),
    });
    const run = await range.startOf(service);
    await approved(run);
    await run.until(({ open = [] }) => open.length === 2);
    await run.update('replan', { by: 'op', reason: 'the value was mended' });
    const again = await run.until(({ phase, revision }) => phase === 'awaiting-approval' && revision === 2);
    expect(again.open?.map(({ notice }) => notice)).toEqual(['alarm:a', 'approval']);
    expect(changes(service, 'step-failed:b')).toEqual(['resolved']);
    expect(changes(service, 'alarm:a')).toEqual([]);
    await run.update('acknowledge', { by: 'dana', notice: 'alarm:a' });
    await run.update('abort', { by: 'op' });
    await run.result();
    await desk(service).acknowledge({ by: 'dana' });
  });

  it('is said once where the plan follows nothing up', async () => {
    const service = range.service({ items: [stage('one', [failing('d')])] });
    const run = await range.startOf(service);
    await approved(run);
    await run.until(({ needs }) => needs.length > 0);
    expect(await run.update('acknowledge', { by: 'dana' })).toMatchObject({ taken: false });
    await run.update('retry', { by: 'op', step: 'd' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.toldOf(service).filter(({ change, only }) => change || only)).toEqual([]);
    expect(await desk(service).exists()).toBe(false);
  });
});

describe('what a run leaves when it ends', () => {
  const abortedRun = async (service: string) => {
    const run = await range.startOf(service);
    await approved(run);
    await run.until(({ needs }) => needs.length > 0);
    await run.update('abort', { by: 'op' });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
  };

  it('is followed up by a workflow of its own until somebody looks after it', async () => {
    const service = range.service({ items: [stage('one', [failing('e')])], notices: policy(1_500) });
    await abortedRun(service);
    const next = await eventually(() => escalated(service, 'ended'));
    expect(next).toMatchObject({ event: 'aborted', only: ['manager'] });
    expect((await desk(service).status()).open).toMatchObject([{ id: 'ended', level: 'P0' }]);
    expect(await desk(service).acknowledge({ by: 'dana', notice: 'nothing' })).toMatchObject({ taken: false });
    expect(await desk(service).acknowledge({ by: 'dana' })).toMatchObject({ taken: true });
    await desk(service).result();
    expect(changes(service, 'ended')).toEqual(['acknowledged']);
  });

  it('is not said again by the next run that ends the same, within the quiet time', async () => {
    const quiet = { notices: policy(long, { quiet: long }) };
    const service = range.service({ items: [stage('one', [failing('f', 9)])], ...quiet });
    const good = await startHttpReceiver();
    const plan = await spacetimePlan();
    plan.notices = noticesSchema.parse([{ name: 'team', kind: 'slack', url: { env: 'URL' } }]);
    plan.escalation = escalationSchema.parse({ quiet: '1h' });
    range.receive(service, (call) =>
      tellPeople(call, { plan, secret: async () => good.url, open: () => openMatters(range.client, service) }),
    );
    const aborts = () => good.posted.filter(({ body }) => String(body.text).includes('was aborted')).length;
    await abortedRun(service);
    expect(aborts()).toBe(1);
    await abortedRun(service);
    expect(aborts()).toBe(1);
    expect(await desk(service).acknowledge({ by: 'dana' })).toMatchObject({ taken: true });
    await desk(service).result();
    await abortedRun(service);
    expect(aborts()).toBe(2);
    await desk(service).acknowledge({ by: 'dana' });
    await good.stop();
  });

  it('is over when a later run of its procedure is done, and not before', async () => {
    const service = range.service({ items: [stage('one', [failing('g')])], notices: policy(long) });
    await abortedRun(service);
    await eventually(async () => ((await desk(service).exists()) ? true : undefined));
    range.rescript(service, { items: [stage('one', [act('b')])], notices: policy(long), policy: { required: false } });
    const scratch = await range.client.workflow.start('backup', {
      taskQueue: 'muster',
      workflowId: `${service}/backup`,
      args: [{ procedure: 'backup', service, by: 'asker' }],
    });
    expect(await runOf(scratch).result()).toMatchObject({ phase: 'done' });
    expect((await desk(service).status()).open).toMatchObject([{ id: 'ended' }]);
    const again = await range.startOf(service);
    expect(await again.result()).toMatchObject({ phase: 'done' });
    await desk(service).result();
    expect(changes(service, 'ended')).toEqual(['resolved']);
  });

  it('of what no run told is over when that is mended, and nothing else is', async () => {
    const service = range.service({ items: [] });
    const handle = range.client.workflow.getHandle(noticeDeskId(service));
    const known = policy(long);
    const matter = { run: 'readiness', level: 'P1', severity: 'danger', text: 'less', fields: {} } as const;
    const open = [
      ...heard([], { ...matter, id: 'less-ready', event: 'less-ready' }, known, Date.now()).open,
      ...heard([], { ...matter, id: 'ended', event: 'failed', procedure: 'backup' }, known, Date.now()).open,
    ];
    await range.client.workflow.start('notices', {
      taskQueue: 'muster',
      workflowId: handle.workflowId,
      args: [{ service, policy: known, open }],
    });
    await handle.signal('settle', { matter: 'ended' });
    await handle.signal('settle', { matter: 'less-ready' });
    await eventually(() => changes(service, 'less-ready')[0]);
    expect((await desk(service).status()).open).toMatchObject([{ id: 'ended' }]);
    await handle.signal('settle', { procedure: 'backup' });
    await desk(service).result();
  });
});
