import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Playbook } from '../../domain/playbook/playbook.ts';
import type { DrillSeen } from '../../scripts/cli/drills-seen.ts';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

let range: Range;
beforeAll(async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'testing');
  // The plan's locations: nobody answers there.
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
  range = await openRange();
  await range.startWorkers();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await range.close();
});

const answered = { outcome: 'confirmed by dana', by: 'dana', answer: 'yes' };
const drill: Playbook['drill'] = {
  name: 'monthly-verification',
  kind: 'restore-test',
  roles: [],
  items: [{ step: 'looked', when: 'after', title: 'Looked at', ask: 'yes-no' }],
};
const script = { items: [stage('x', [act('restored')]), stage('y', [act('looked', { output: answered })])], drill };

interface Listed {
  readonly drills: DrillSeen[];
  readonly troubles: string[];
}
const listed = async (service: string) => (await range.muster(`drills ${service} --json`)).json() as Listed;
const hold = async (service: string, words = '') => {
  const started = await range.muster(`drill ${service} monthly-verification --json${words}`);
  expect(started.code).toBe(0);
  const { workflowId, input } = started.json() as { workflowId: string; input: object };
  const result = (await range.client.workflow.getHandle(workflowId).result()) as { phase: string; summary: string };
  return { workflowId, input, result };
};

describe('drills from the command line', () => {
  test('are held now, and listed with how it went, when they are due, and how long each took', async () => {
    const service = await range.service(script);
    const never = await listed(service);
    expect(never.drills.map(({ name, absent, last }) => [name, absent, last])).toEqual([
      ['monthly-verification', true, undefined],
      ['monthly-partial', true, undefined],
      ['quarterly', true, undefined],
    ]);
    expect(never.troubles).toContain(
      `monthly-verification is in the plan and not in place: muster schedules apply ${service}`,
    );
    const first = await hold(service);
    expect(first).toMatchObject({
      workflowId: `${service}/drill`,
      input: { procedure: 'drill', drill: { name: 'monthly-verification' } },
      result: {
        phase: 'done',
        summary: `Drill monthly-verification (restore-test) of ${service} passed: 1 of 1 items answered.`,
      },
    });
    await hold(service);
    await range.muster(`schedules apply ${service}`);
    const [monthly, , quarterly] = (await listed(service)).drills;
    expect(monthly).toMatchObject({ absent: false, paused: false, last: { result: 'passed', findings: [] } });
    expect(monthly?.held).toHaveLength(2);
    expect(monthly?.held[0]).toMatchObject({ compared: { run: monthly?.held[1]?.run, passed: 2, of: 2 } });
    expect(monthly?.overdue).toBeUndefined();
    // "First Saturday of each quarter at 10:00 UTC".
    const next = new Date(quarterly?.next ?? '');
    expect([next.getUTCDay(), next.getUTCHours(), next.getUTCMonth() % 3]).toEqual([6, 10, 0]);
    expect(next.getUTCDate()).toBeLessThanOrEqual(7);

    const all = await range.muster(`drills ${service}`);
    expect(all.out).toMatch(/quarterly +isolated +0 10 \* 1,4,7,10 6#1 UTC +20\S+ +never/);
    const one = await range.muster(`drills ${service} monthly-verification`);
    expect(one.out).toMatch(/held +result +recover/);
    expect(one.out.match(/ passed /g)?.length).toBeGreaterThanOrEqual(2);

    await range.muster(`schedules pause ${service} drill-quarterly`);
    expect((await listed(service)).troubles).toContain(
      `quarterly is PAUSED: muster schedules unpause ${service} drill-quarterly`,
    );
  });

  test('say what is not known, and that a drill in isolation has its own site', async () => {
    const service = await range.service(script);
    expect(await range.muster(`drill ${service} tea`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('monthly-verification, monthly-partial, quarterly'),
    });
    expect((await range.muster(`drills ${service} tea`)).code).toBe(2);
    expect((await range.muster(`drill ${service} quarterly --at us-east-1`)).err).toContain(
      'finds its site and its point by itself',
    );
    expect((await range.muster(`drill ${service} monthly-verification --fault tea`)).err).toContain('damaged-part');
  });

  test('are given a fault, and swept', async () => {
    const service = await range.service(script);
    const faulty = await hold(service, ' --fault damaged-part');
    expect(faulty.input).toMatchObject({ drill: { name: 'monthly-verification', fault: 'damaged-part' } });
    const swept = await range.muster(`drill sweep ${service} --at us-east-1 --json`);
    expect(swept.json()).toMatchObject({ input: { drill: { sweep: true }, from: 'us-east-1', to: 'us-east-1' } });
  });
});
