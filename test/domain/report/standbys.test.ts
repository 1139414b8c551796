/** The report's rows of databases that stream: what was promoted, how far behind it was, what follows it now. */
import { expect, it } from 'vitest';
import type { Step } from '../../../domain/playbook/playbook.ts';
import { buildReport } from '../../../domain/report/build.ts';
import { renderReportMarkdown } from '../../../domain/report/markdown.ts';
import { reportSchema } from '../../../domain/report/report.ts';
import { standbyRows } from '../../../domain/report/standbys.ts';
import { aPlaybook, aPlaybookStep, aStatus } from '../run/a-run.ts';

const step = (id: string, kind: string, input: Record<string, unknown>) => aPlaybookStep(id, { kind, input });
const playbookOf = (...steps: Step[]) =>
  aPlaybook({ items: [{ type: 'stage', title: 'All of it', ranks: steps.map((each) => [each]) }] });

const replica = { site: 'west', region: 'us-west-2', instance: 'orders-west' };
const promote = step('promote-orders', 'promoteRdsReplica', { database: 'orders', replica });
const rejoin = step('rejoin-orders', 'rejoinRdsStandby', { database: 'orders' });
const lag = { seconds: 2.5, at: '2026-01-02T03:00:00.000Z' };
const promoted = { outcome: 'promoted', database: 'orders', takenAt: '2026-01-02T02:59:57.500Z', lag };
const streams = (id: string, kind: string, more: object) =>
  step(id, kind, { component: { name: 'database', driver: 'postgresql' }, ...more });

it('an RDS database: the instance, its lag at the promotion, and what the new replica came to', () => {
  const playbook = playbookOf(promote, rejoin);
  const lost = { outcome: 'not redundant', why: 'RDS of us-east-1 does not answer: orders has no standby' };
  const input = { status: aStatus(), playbook, outputs: { 'promote-orders': promoted, 'rejoin-orders': lost } };
  const report = reportSchema.parse(buildReport(input));
  expect(report.standbys).toEqual([
    {
      name: 'orders',
      kind: 'rds',
      promoted: 'orders-west in us-west-2',
      lag: { ms: 2_500, at: lag.at },
      until: promoted.takenAt,
      redundancy: 'not redundant',
      why: lost.why,
    },
  ]);
  expect(renderReportMarkdown(report)).toMatch(
    /Databases that stream[\s\S]*orders-west in us-west-2[^\n]*2\.5s[^\n]*\*\*not redundant\*\*: RDS of us-east-1/,
  );
  const good = { outcome: 'redundant', why: 'orders-east at east follows orders-west' };
  const [row] = standbyRows(playbook, { ...input.outputs, 'rejoin-orders': good });
  expect(row).toMatchObject({ redundancy: 'redundant', why: good.why });
});

it('what was skipped, or has no step, is no redundancy, and says the command that restores it', () => {
  const skipped = standbyRows(playbookOf(promote, rejoin), { 'promote-orders': promoted });
  expect(skipped[0]).toMatchObject({
    redundancy: 'not redundant',
    why: expect.stringMatching(/rejoin-orders was not done; muster rejoin /),
  });
  const host = { name: 'db', site: 'west' };
  const failover = playbookOf(streams('promote-database', 'promoteDatabase', { proof: 'failover', host }));
  expect(standbyRows(failover, { 'promote-database': { outcome: 'promoted' } })).toEqual([
    expect.objectContaining({
      promoted: 'db at west',
      redundancy: 'not redundant',
      why: expect.stringMatching(/lost; muster rejoin /),
    }),
  ]);
});

it('a planned move counts the standby that it makes at the end, not the one that it promoted', () => {
  const host = { name: 'db', site: 'west' };
  const playbook = playbookOf(
    streams('prepare-replica-database', 'reattachReplica', {}),
    streams('promote-database', 'promoteDatabase', { proof: 'demoted', host }),
    streams('reattach-database', 'reattachReplica', {}),
  );
  const before = { 'prepare-replica-database': { component: 'database', outcome: 'streams from east' } };
  expect(standbyRows(playbook, before)).toEqual([]);
  const moved = { ...before, 'promote-database': { outcome: 'promoted' } };
  expect(standbyRows(playbook, moved)[0]?.redundancy).toBe('not redundant');
  const done = { ...moved, 'reattach-database': { component: 'database', outcome: 'streams from west: it went on' } };
  // Put back: the promotion was too.
  const status = aStatus({ procedure: 'switchover', passedNoReturn: false });
  expect(buildReport({ status, playbook, outputs: moved }).standbys).toBeUndefined();
  expect(standbyRows(playbook, done)[0]).toMatchObject({
    redundancy: 'redundant',
    why: 'streams from west: it went on',
  });
});

it('what only an old primary had is counted where it could be asked, and said to be uncounted where not', () => {
  const at = { component: 'database', site: 'east', host: 'db', path: '/srv/pg/data.diverged-1', see: ['ssh db'] };
  const counted = [{ what: 'public.orders', count: 7, unit: 'rows' }];
  const said = (uncounted: object) => {
    const outputs = { 'reattach-database': { outcome: 'streams', uncounted: [uncounted] } };
    return renderReportMarkdown(reportSchema.parse(buildReport({ status: aStatus(), outputs })));
  };
  expect(said({ ...at, counted })).toMatch(
    /\*\*Divergent\*\*: database: only east had 7 rows of public\.orders; all it had is kept as `\/srv/,
  );
  expect(said(at)).toContain('**Not counted**: what only east had of database is kept as `/srv/pg');
});

it('a run without such a database has no row', () => {
  expect(buildReport({ status: aStatus(), playbook: aPlaybook(), outputs: {} }).standbys).toBeUndefined();
});
