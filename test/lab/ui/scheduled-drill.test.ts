/**
 * A drill of the plan, in the Temporal UI: found on the Schedules page, read there in words, begun by its menu, answered, and seen to
 * its end; `muster drills` then shows it as held.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import { endedPhases, type RunStatus } from '../../../domain/run/run.ts';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { withPlan } from '../support/with-plan.ts';
import { openTemporalUi, type TemporalUi } from './temporal-ui.ts';

interface Listed {
  readonly drills: { readonly name: string; readonly next?: string; readonly last?: { run: string; result: string } }[];
}

const schedule = 'spacetime/drill-quarterly';
const drill = workflowIdOf('spacetime', 'drill');
let scenario: Scenario;
let ui: TemporalUi;

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  ui = await openTemporalUi(scenario.lab.state.relays.ui);
  // As the plan has them, and the drills alone: no backup falls due beside it.
  await withPlan(scenario.lab.dir, noBackups, () => apply());
});
afterAll(async () => {
  await ui?.close();
  await withPlan(
    scenario.lab.dir,
    (plan) => Object.assign(plan, { schedules: [], drills: [] }),
    () => apply(),
  );
  const left = scenario.client.workflow.getHandle(drill);
  await left.terminate('left over by a test').catch(() => undefined);
  await scenario.reset();
  await scenario.close();
});

const noBackups = (plan: { schedules: object[] }) => {
  plan.schedules = [];
};

async function apply(): Promise<void> {
  expect(await scenario.muster(['schedules', 'apply', 'spacetime'])).toMatchObject({ code: 0 });
}

const status = () => scenario.client.workflow.getHandle(drill).query<RunStatus>('status');

/** What is asked of people now, or that it is over. */
async function untilItAsks(besides: readonly string[] = []): Promise<RunStatus> {
  let now: RunStatus | undefined;
  await until(
    'the drill asks for something, or is over',
    async () => {
      now = await status().catch(() => undefined);
      return now !== undefined && (isOver(now) || asked(now).some((step) => !besides.includes(step)));
    },
    // What it rehearses comes between two parts of its checklist.
    { timeoutMs: 180_000 },
  );
  return now as RunStatus;
}

const isOver = ({ phase }: RunStatus) => (endedPhases as readonly string[]).includes(phase);
const steps = (now: RunStatus) => now.stages.flatMap(({ ranks }) => ranks.flat());
const asked = ({ needs }: RunStatus) => needs.flatMap(({ how }) => /confirm spacetime (\S+)/.exec(how)?.[1] ?? []);
const quarterly = async () =>
  ((await scenario.muster(['drills', 'spacetime', '--json'])).json as Listed).drills.find(
    ({ name }) => name === 'quarterly',
  );

test('a drill is found on the Schedules page, triggered there, answered, and counted as held', async () => {
  const line = await ui.scheduleListed(schedule, 'drill-1-schedules');
  expect(line).toContain('In January, April, July, October');
  expect(line).toContain('on Saturday at 10:00 AM UTC');

  const page = await ui.openSchedule(schedule, 'drill-2-schedule');
  expect(page).toContain('drill quarterly (isolated); 0 10 * 1,4,7,10 6#1 UTC. To begin it now: Trigger.');
  expect(page).toContain(`The run is ${drill}`);
  expect(page).toContain('No Recent Runs');
  const before = await quarterly();
  const next = new Date(before?.next ?? '');
  const [day] = next
    .toLocaleDateString('en-US', { month: 'short', day: 'numeric', year: 'numeric', timeZone: 'UTC' })
    .split(' at ');
  expect(page).toContain(`${day}, 10:00:00.00 AM UTC`);

  await ui.trigger('drill-3-trigger');
  const due = await ui.openRecentRun(schedule, 'drill-4-recent-run');
  expect(due).toMatch(/^spacetime\/drill-quarterly-due-2/);
  expect(await ui.details(due, `${drill} runs`)).toContain(`${drill} runs`);
  await ui.shoot('drill-5-what-it-began');

  const first = await untilItAsks();
  expect(first).toMatchObject({ requestedBy: 'schedule drill-quarterly', procedure: 'drill' });
  const [inTheUi = '', ...rest] = asked(first);
  const text = await ui.details(drill, 'Notify team and stakeholders');
  expect(text).toContain(`muster confirm spacetime ${inTheUi} --procedure drill`);
  await ui.send('Update', 'confirm', { by: 'dr-coordinator', step: inTheUi }, 'drill-6-confirm');
  await until('the answer of the UI counts', async () => {
    const answered = steps(await status()).find(({ id }) => id === inTheUi);
    return answered?.state === 'done' && answered.outcome === 'confirmed by dr-coordinator';
  });

  // By the command once, then as it does.
  const [byCommand = ''] = rest;
  const words = ['confirm', 'spacetime', byCommand, '--procedure', 'drill', '--by', 'dr-coordinator'];
  expect(await scenario.muster(words)).toMatchObject({ code: 0 });
  const said: string[] = [inTheUi, byCommand];
  for (let now = await untilItAsks(said); !isOver(now); now = await untilItAsks(said)) {
    for (const step of asked(now).filter((each) => !said.includes(each))) {
      const { asks } = steps(now).find(({ id }) => id === step) ?? {};
      const by = step.includes('engineering-manager') ? 'engineering-manager' : 'dr-coordinator';
      const answer = asks === 'yes-no' ? { answer: 'yes' } : asks === 'text' ? { answer: 'as the runbook says' } : {};
      const confirmed = scenario.client.workflow
        .getHandle(drill)
        .executeUpdate('confirm', { args: [{ by, step, ...answer }] });
      expect(await confirmed).toMatchObject({ taken: true });
      said.push(step);
    }
  }

  const { run } = await status();
  await ui.open(drill, 'timeline');
  await ui.page.getByText('Completed').first().waitFor();
  await ui.shoot('drill-7-held');
  await ui.details(drill, 'spacetime: done');
  await ui.shoot('drill-8-result');
  expect((await quarterly())?.last).toMatchObject({ run, result: 'passed' });
});
