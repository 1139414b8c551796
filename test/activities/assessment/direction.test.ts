/** Which site a sync lays data out at, as the names lead. */
import { describe, expect, it } from 'vitest';
import { directionOf } from '../../../activities/assessment/direction.ts';
import type { AssessCall } from '../../../domain/run/protocol.ts';
import { spacetimePlan } from '../../support/plan.ts';

const [east, west] = ['us-east-1', 'us-west-2'];
const plan = await spacetimePlan();
const call: AssessCall = { run: 'run-1', procedure: 'sync', service: 'spacetime', at: '2026-01-02T03:15:00Z' };
const fact = (title: string, value: string) => ({
  id: title,
  title,
  value,
  state: 'good' as const,
  source: 'x',
  took: 1,
});
const admin = { fact: fact('Where admin points', east), evidence: { site: east } };
const shared = { fact: fact('Where play points', `${east} 50 %, ${west} 50 %`), evidence: { shared: true as const } };
const unread = { fact: fact('Where play points', 'not known: no answer') };
const direction = (names: Parameters<typeof directionOf>[2] extends Promise<infer Names> ? Names : never) =>
  directionOf(call, plan, Promise.resolve(names));

describe('the direction of a sync', () => {
  it('is the site that no name leads to', async () => {
    expect(await direction([admin])).toEqual({ from: west, to: west });
  });

  it.each([
    ['a name that two sites share', shared, `Where play points: ${east} 50 %, ${west} 50 %: which one is the standby`],
    ['a name that could not be read', unread, 'not known: no answer'],
    ['names that lead to two sites', { ...admin, evidence: { site: west } }, `lead to ${east} and ${west}`],
  ])('is refused beside %s', async (_what, name, said) => {
    for (const names of [
      [admin, name],
      [name, admin],
    ])
      await expect(direction(names)).rejects.toMatchObject({
        type: 'NotServing',
        message: expect.stringContaining(said),
      });
  });

  it('of a rejoin is from the site that serves to the other one', async () => {
    const asked = { ...call, procedure: 'rejoin' as const };
    const found = (more: object = {}) => directionOf({ ...asked, ...more }, plan, Promise.resolve([admin]));
    expect(await found()).toEqual({ from: east, to: west });
    expect(await found({ to: west })).toEqual({ from: east, to: west });
    await expect(found({ to: east })).rejects.toMatchObject({ type: 'ServesThere' });
  });

  it('is refused where no name leads to a site', async () => {
    await expect(direction([shared])).rejects.toMatchObject({
      message: expect.stringContaining('no site of the plan'),
    });
  });
});

describe('beside a name that two sites share', () => {
  const [names, without] = [[admin, shared], [admin]].map((each) => Promise.resolve(each));

  it('a planned move is refused: writers of the other site would go on', async () => {
    for (const procedure of ['switchover', 'failback'] as const)
      await expect(directionOf({ ...call, procedure }, plan, names ?? Promise.reject())).rejects.toMatchObject({
        type: 'NotServing',
        message: expect.stringContaining(`muster traffic shift spacetime --to ${east}`),
      });
    const alone = directionOf({ ...call, procedure: 'switchover' }, plan, without ?? Promise.reject());
    expect(await alone).toEqual({ from: east, to: west });
  });

  it('a backup reads the site that the other names lead to', async () => {
    const found = directionOf({ ...call, procedure: 'backup' }, plan, names ?? Promise.reject());
    expect(await found).toEqual({ from: east, to: east });
  });
});
