import { describe, expect, it } from 'vitest';
import { drillSchema } from '../../../domain/plan/drills.ts';
import { brokenReferences } from '../../../domain/plan/references.ts';

const problems = (drill: object) =>
  drillSchema.safeParse({ name: 'x', kind: 'restore-test', ...drill }).error?.issues.map(({ message }) => message) ??
  [];

describe('a drill of a plan', () => {
  it('is held by hand where it has no time, and has one of cron and every else', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ cron: '0 10 * 1,4,7,10 6#1' })).toEqual([]);
    expect(problems({ cron: '@weekly', every: '7d' })).toEqual([expect.stringContaining('first Saturday')]);
    expect(problems({ every: '7d', offset: '8d' })).toEqual([expect.stringContaining('shorter than every')]);
    expect(problems({ notice: '14d' })).toEqual([expect.stringContaining('no time')]);
    expect(problems({ cron: '0 10 1-7 * 6' })).toEqual([expect.stringContaining('no time that can be kept')]);
  });

  it('says what its kind needs, and nothing that another kind does', () => {
    expect(problems({ kind: 'component', components: ['database'] })).toEqual([]);
    expect(problems({ kind: 'component' })).toHaveLength(1);
    expect(problems({ kind: 'partial-restore', paths: ['etc/nginx'] })).toEqual([expect.stringContaining('absolute')]);
    expect(problems({ kind: 'restore-test', paths: ['/etc/nginx'] })).toHaveLength(1);
    expect(problems({ kind: 'tabletop', procedure: 'backup' })).toEqual([
      expect.stringContaining('not talked through'),
    ]);
    expect(drillSchema.parse({ name: 'x', kind: 'tabletop' })).toMatchObject({ procedure: 'failover' });
    expect(drillSchema.parse({ name: 'x', kind: 'isolated' })).toMatchObject({ hold: 4 * 3_600_000 });
    expect(drillSchema.parse({ name: 'x', kind: 'exercise', hold: '2h' })).toMatchObject({ hold: 7_200_000 });
    expect(problems({ kind: 'exercise', hold: '31d' })).toEqual([expect.stringContaining('30d at most')]);
    expect(problems({ kind: 'tabletop', hold: '1h' })).toHaveLength(1);
  });

  it('is signed by two roles, not by one twice', () => {
    expect(problems({ signOff: ['DR Coordinator', 'DR Coordinator'] })).toEqual([
      expect.stringContaining('signs once'),
    ]);
  });

  it('in isolation needs hosts for it, and an exercise somebody who may sign', () => {
    const drills = [
      { name: 'a', kind: 'isolated' },
      { name: 'b', kind: 'exercise' },
    ];
    const found = (more: object) =>
      brokenReferences({ drills, ...more }).flatMap(({ path, fact }) => (path[0] === 'drills' ? [fact] : []));
    expect(found({ approvals: {} })).toEqual([
      'the plan has no hosts for a drill in isolation',
      'an exercise goes by signatures only, and nobody may sign',
    ]);
    expect(found({ isolation: { site: 'x' }, approvals: { allowedSigners: { file: 'signers' } } })).toEqual([]);
  });

  it('names what is there: components, roles, and itself only once', () => {
    const plan = {
      components: [{ name: 'database' }],
      schedules: [{ name: 'drill-b' }],
      drills: [
        { name: 'a', participants: [{ role: 'Lead' }], signOff: ['Lead', 'Boss'] },
        { name: 'a', components: ['db'] },
        { name: 'b', checklist: { after: [{ title: 'Ask the bank' }, { title: 'Ask the bank!' }] } },
      ],
    };
    const found = brokenReferences(plan).filter(({ path }) => path[0] === 'drills');
    expect(found.map(({ path, fact }) => `${path.join('.')}: ${fact}`)).toEqual([
      'drills.0.signOff: Boss signs and does not take part',
      'drills.1.name: a drill a stands already above',
      'drills.1.components: there is no component db',
      'drills.2.name: its Schedule would be called drill-b, as one of schedules is',
      'drills.2.checklist.after.1.title: its letters a-z and digits are those of an item above, and an item is answered by them',
    ]);
  });
});
