/**
 * The source dies in a switchover: at which stage is chosen by the seed. Before the point of no return the run says that nobody serves, and
 * the failover that it names loses nothing unsaid; after it the run goes on, and nothing is lost.
 *
 * Seeds up to the number of stages strike each stage once as it begins; those after them at a random moment in it.
 */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { randomOf } from '../support/random.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';

/** As SpaceTime's plan has them, without what only looks back: the gate at the end. */
const stages = [
  'Take the lease',
  'Wake us-west-2',
  'Back up ahead, so that the last backup is short',
  'Open what a fence closed at us-west-2',
  'Stop the writers at us-east-1',
  'Take the final recovery point at us-east-1',
  'Bring the data to us-west-2',
  'Prove that us-west-2 has everything',
  'Start the service at us-west-2',
  'us-west-2 takes writes',
  'Cut traffic over',
  'See it from outside',
  'Tell monitoring',
  'Back us-west-2 up',
  'Watch the service',
];
const noReturn = stages.indexOf('us-west-2 takes writes');
/** A run takes minutes: of itself one stage before the point of no return and one after it, the others in the soak. */
const seeds = (process.env.MUSTER_SEEDS ?? '2,3').split(',').map(Number);
let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return async () => {
    await scenario.reset();
    await scenario.close();
  };
});
beforeEach(() => scenario.reset());

test.each(seeds.map((seed) => [seed, stageOf(seed)] as const))(
  'seed %i, the source dies at "%s": what the run says is true, and no acknowledged write is lost unsaid',
  async (seed, title) => {
    const began = new Date();
    await strike(title, seed > stages.length ? randomOf(seed)() * 2_000 : 0);
    const struck = await scenario.status();
    expect(struck.stages.map((stage) => stage.title)).toEqual([...stages, expect.stringMatching(/recovery point/)]);
    const ended = await scenario.until('it is over, or asks whether one copy will do', over, 420_000);
    console.log(`seed ${seed}: the source died at "${title}"; the run ${ended.passedNoReturn ? 'went on' : 'ended'}`);

    if (stages.indexOf(title) >= noReturn) expect(ended.passedNoReturn).toBe(true);
    if (ended.passedNoReturn) await expectGoneOn(ended);
    else await expectFailoverAsSaid();
    expect(await scenario.addressOf()).toBe('10.77.2.10');
    await scenario.untilWritten(5);
    // Once the last point lies at the target there is nothing that could be lost.
    const safe = ended.passedNoReturn || stepOf(ended, 'copy-to-company-backups-dr-final')?.state === 'done';
    if (safe) expect(await scenario.observer.lostWrites(began)).toMatchObject({ lost: 0 });
  },
  900_000,
);

/** Kills the source as the stage begins, or so many ms later. */
async function strike(title: string, after: number): Promise<void> {
  const { lab } = scenario;
  if (title === stages[0]) {
    // Nothing can be held before the first stage.
    const asked = await scenario.muster(['switchover', 'spacetime', '--by', 'ops', '--reason', 'a test']);
    expect(asked.code).toBe(0);
    await scenario.until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
    await lab.kill('us-east-1');
    expect(await scenario.approve()).toMatchObject({ taken: true });
    return;
  }
  await scenario.planned('switchover', { pauseBefore: title });
  if (after === 0) await lab.kill('us-east-1');
  expect(await scenario.update('resume', { by: 'ops' })).toMatchObject({ taken: true });
  if (after === 0) return;
  await new Promise((wake) => setTimeout(wake, after));
  await lab.kill('us-east-1');
}

/** It asks nothing but whether the one copy that can be had will do; a person's yes ends it. */
async function expectGoneOn({ phase, needs }: RunStatus): Promise<void> {
  if (phase !== 'done') {
    expect(needs.map(({ what }) => what)).toEqual([expect.stringContaining('redundancy-not-restored')]);
    const accepted = { by: 'duty-manager', risk: 'redundancy-not-restored', reason: 'us-east-1 is dead' };
    expect(await scenario.update('acceptRisk', accepted)).toMatchObject({ taken: true });
  }
  await scenario.finish();
}

/** The sentence of the end names a command. It is typed as it stands. */
async function expectFailoverAsSaid(): Promise<void> {
  await expect(scenario.handle().result()).rejects.toThrow();
  const { phase, timeline } = await scenario.status();
  expect(phase).toBe('failed');
  const said = timeline.filter(({ kind }) => kind === 'end').at(-1)?.text ?? '';
  const [, command] =
    /us-east-1 does NOT serve spacetime: .* Try: muster (failover spacetime --from \S+ --to [\w-]+)\./s.exec(said) ??
    [];
  expect({ said, command }).toMatchObject({ command: 'failover spacetime --from us-east-1 --to us-west-2' });
  const asked = [...(command as string).split(' '), '--by', 'ops', '--reason', 'it says so'];
  const { code, stderr } = await scenario.muster(asked);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { point } = await scenario.until('it waits for approval', (now) => now.phase === 'awaiting-approval');
  await scenario.approve();
  await scenario.finish();
  await scenario.untilWritten(1);
  const { lost } = await scenario.observer.lostWrites(new Date(point?.takenAt ?? 0));
  const { stdout } = await scenario.muster(['report', 'spacetime', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ procedure: 'failover', writes: { lost } });
}

function over({ phase, needs }: RunStatus): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'put-back' || needs.some(({ what }) => !/held/.test(what));
}

/** The first three strike while users are served still, while they wait, and while their name is moved. */
function stageOf(seed: number): string {
  return stages[(seed * 4 + 13) % stages.length] as string;
}
