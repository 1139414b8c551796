/** Receivers that cannot be told: nothing waits for them, the others hear of it, and they are tried again. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellPeople } from '../../activities/notices/notify.ts';
import { noticesSchema } from '../../domain/plan/notices.ts';
import type { NoticeCall } from '../../domain/run/protocol.ts';
import { startHttpReceiver } from '../support/http-receiver.ts';
import { spacetimePlan } from '../support/plan.ts';
import { approved, deskOf, eventually } from './support/notices.ts';
import { act, openRange, stage } from './support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

describe('a receiver that cannot be told', () => {
  it('delays nothing, is said to the others once, and is tried again until it takes it', async () => {
    const service = range.service({ items: [stage('one', [act('a')]), stage('two', [act('b', { fail: 1 })])] });
    let down = true;
    range.receive(service, async ({ only, except }) => ({
      deliveries: ['team', 'pager']
        .filter((name) => (only ? only.includes(name) : !except?.includes(name)))
        .map((name) => ({
          name,
          sent: name === 'team' || !down,
          why: name === 'team' || !down ? '' : 'it answered 500',
        })),
    }));
    const run = await range.startOf(service);
    await approved(run);
    const { timeline } = await run.until(({ needs }) => needs.length > 0);
    expect(timeline).toContainEqual(
      expect.objectContaining({ kind: 'notice', text: 'pager could not be told (started): it answered 500' }),
    );
    await eventually(() => range.toldOf(service).find(({ event }) => event === 'step-failed'));
    const said = range.toldOf(service).filter(({ event }) => event === 'notice-failed');
    expect(said).toMatchObject([{ except: ['pager'], text: expect.stringContaining('it answered 500') }]);
    down = false;
    await eventually(() =>
      range.toldOf(service).find(({ event, only }) => event === 'step-failed' && only?.[0] === 'pager'),
    );
    await run.update('retry', { by: 'op', step: 'b' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('is tried again after the run has ended, by the workflow that the run leaves', async () => {
    const service = range.service({ items: [stage('one', [act('a')])] });
    let down = true;
    range.receive(service, async ({ event }) => ({
      deliveries: [{ name: 'pager', sent: !(down && event === 'done'), why: 'it answered 500' }],
    }));
    const run = await range.startOf(service);
    await approved(run);
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect((await deskOf(range, service).status()).unsent).toBe(1);
    down = false;
    await deskOf(range, service).result();
    expect(range.toldOf(service).filter(({ event, only }) => event === 'done' && only)).toMatchObject([
      { only: ['pager'] },
    ]);
  });

  it('that hangs, answers 500 or refuses connections costs the recovery no time', async () => {
    const [hanging, broken] = await Promise.all([startHttpReceiver(() => 'hangs'), startHttpReceiver(() => 500)]);
    const good = await startHttpReceiver();
    const closed = createServer();
    await new Promise<void>((ready) => closed.listen(0, '127.0.0.1', ready));
    const { port } = closed.address() as { port: number };
    await new Promise((done) => closed.close(done));
    const urls: Record<string, string> = {
      hanging: hanging.url,
      broken: broken.url,
      refusing: `http://127.0.0.1:${port}/`,
      good: good.url,
    };
    const plan = await spacetimePlan();
    plan.notices = noticesSchema.parse(Object.keys(urls).map((name) => ({ name, kind: 'slack', url: { env: name } })));
    const service = range.service({ items: [stage('one', [act('a')]), stage('two', [act('b')])] });
    range.receive(service, (call: NoticeCall) =>
      tellPeople(call, { plan, secret: async (ref) => urls['env' in ref ? ref.env : ''] as string }),
    );
    const run = await range.startOf(service);
    await approved(run);
    const { stages } = await run.until(({ phase }) => phase === 'reporting' || phase === 'done');
    const took = Date.parse(stages.at(-1)?.finishedAt as string) - Date.parse(stages[0]?.startedAt as string);
    // One hanging receiver takes four seconds by itself.
    expect(took).toBeLessThan(3_500);
    expect(await run.result()).toMatchObject({ phase: 'done' });
    const texts = good.posted.map(({ body }) => String(body.text));
    for (const name of ['hanging', 'broken', 'refusing'])
      expect(texts.filter((text) => text.startsWith(`${name} could not be told`))).toHaveLength(1);
    expect(JSON.stringify(texts)).not.toContain('127.0.0.1');
    await Promise.all([hanging.stop(), broken.stop(), good.stop()]);
    await deskOf(range, service).terminate();
  });
});
