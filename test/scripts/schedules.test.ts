import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScheduleSeen } from '../../scripts/cli/schedules-seen.ts';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

let range: Range;
beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
});
afterAll(() => range.close());

const quick = { items: [stage('x', [act('a')])] };
interface Listed {
  readonly schedules: ScheduleSeen[];
  readonly troubles: string[];
}
const listed = async (service: string) => (await range.muster(`schedules list ${service} --json`)).json() as Listed;

async function until(service: string, found: (listed: Listed) => boolean): Promise<Listed> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const now = await listed(service);
    if (found(now)) return now;
    if (Date.now() > deadline) throw new Error(`never came: ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('schedules from the command line', () => {
  test('are shown before they are applied, applied, the same afterwards, and begun by hand', async () => {
    const service = await range.service(quick);
    const dry = await range.muster(`schedules apply ${service} --dry-run`);
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(/create +\S+\/monthly +backup full, labelled monthly; 0 5 \* \* 0#1 UTC/);
    expect(dry.out).toContain('Nothing was changed.');
    expect((await range.muster(`schedules run ${service} daily`)).err).toContain(`muster schedules apply ${service}`);

    const first = await range.muster(`schedules apply ${service} --json`);
    expect(first.json()).toMatchObject({ applied: true, changes: Array(14).fill({ action: 'create' }) });
    const again = await range.muster(`schedules apply ${service} --json`);
    expect(again.json()).toMatchObject({ changes: Array(14).fill({ action: 'keep', why: '' }) });

    expect((await range.muster(`schedules run ${service} weekly`)).code).toBe(0);
    const ran = await until(service, ({ schedules }) => schedules[2]?.last?.outcome === 'done');
    expect(ran).toMatchObject({
      troubles: [],
      schedules: [{ name: 'daily' }, {}, { missed: 0, overlapped: 0 }, ...Array(11).fill({})],
    });
    const next = ran.schedules[3]?.next ?? '';
    // The first Sunday of a month, at five.
    expect(new Date(next).getUTCDay()).toBe(0);
    expect(new Date(next).getUTCDate()).toBeLessThanOrEqual(7);
    expect(next.slice(11)).toBe('05:00:00.000Z');
    const status = await range.muster(`status ${service} --backup --json`);
    expect(status.json()).toMatchObject({ phase: 'done', requestedBy: 'schedule weekly' });
  });

  test('keep a pause by hand over an apply, say so, and go on', async () => {
    const service = await range.service(quick);
    await range.muster(`schedules apply ${service}`);
    expect((await range.muster(`schedules pause ${service} hourly --reason moving`)).out).toContain(
      'paused by dana: moving',
    );
    await range.replan(service, (plan) => plan.replace('cron: "15 * * * *"', 'cron: "20 * * * *"'));
    const applied = await range.muster(`schedules apply ${service}`);
    expect(applied.out).toMatch(/change +\S+\/hourly +when: 20 \* \* \* \* UTC/);
    const { schedules, troubles } = await listed(service);
    expect(schedules[1]).toMatchObject({ paused: true, plan: 'keep', when: '20 * * * * UTC' });
    expect(troubles).toEqual(['hourly is PAUSED: paused by dana: moving']);
    const overview = (await range.muster('--json')).json() as { services: { service: string; schedules: string[] }[] };
    expect(overview.services.find((each) => each.service === service)?.schedules).toEqual(troubles);

    expect((await range.muster(`schedules run ${service} hourly`)).code).toBe(0);
    const begun = await until(service, (now) => now.schedules[1]?.last?.outcome === 'done');
    expect(begun.schedules[1]).toMatchObject({ paused: true });

    await range.muster(`schedules unpause ${service}`);
    const goesOn = await listed(service);
    expect(goesOn.troubles).toEqual([]);
    expect(goesOn.schedules.map(({ plan }) => plan)).not.toContain('change');
    const said = await range.client.schedule.getHandle(`${service}/hourly`).describe();
    expect(said.state.note).toMatch(/^By the plan of .* Trigger\. .* Unpaused by dana\.$/);
    expect((await range.muster(`schedules pause ${service} tea`)).err).toContain(
      'daily, hourly, weekly, monthly, verification, database, on-change, retention',
    );
  });

  test('that the plan no longer has are removed, and what differs or failed is said', async () => {
    const service = await range.service({ items: [stage('x', [act('breaks', { fail: 99 })])] }, (plan) =>
      plan.replace('wait: 30m }', 'wait: 30m, patience: 1s }'),
    );
    await range.muster(`schedules apply ${service}`);
    await range.muster(`schedules run ${service} hourly`);
    const failed = await until(service, ({ schedules }) => schedules[1]?.last?.outcome === 'failed');
    expect(failed.troubles).toEqual([expect.stringMatching(/^hourly FAILED at 20/)]);

    await range.replan(service, (plan) =>
      plan.replace(/ {2}- \{ name: weekly.*\n/, '').replace(/wait: 30m/, 'wait: 20m'),
    );
    const differ = await until(service, ({ schedules }) => schedules.some(({ plan }) => plan === 'remove'));
    expect(differ.troubles.join('\n')).toMatch(/hourly is not as the plan says \(what: .*\): muster schedules apply/);
    await range.muster(`schedules apply ${service}`);
    await until(service, ({ schedules }) => !schedules.some(({ name }) => name === 'weekly'));
  });
});
