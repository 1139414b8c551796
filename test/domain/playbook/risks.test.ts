import { describe, expect, test } from 'vitest';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { type RiskEvidence, risksOf } from '../../../domain/playbook/risks.ts';
import { choosePoint, mergePoints, passedOver, pointBeforeDeployment } from '../../../domain/points/choose-point.ts';

const hour = 3_600_000;
const noon = Date.parse('2026-01-02T12:00:00Z');
const point: PointSummary = {
  id: '20260102_113000',
  takenAt: '2026-01-02T11:30:00.000Z',
  site: 'us-east-1',
  role: 'primary',
  label: 'hourly',
  bytes: 1000,
  storedBytes: 300,
  components: ['application'],
  sha256: 'a'.repeat(64),
  locations: ['backups', 'backups-dr'],
  torn: 0,
};
/** A failover that nobody needs to worry about. */
const calm: RiskEvidence = {
  procedure: 'failover',
  from: 'us-east-1',
  to: 'us-west-2',
  lostAt: noon,
  rpo: hour,
  copies: 2,
  counts: 'replicated',
  passedOver: [],
  point,
  targetLocation: 'backups-dr',
  fromHealthy: false,
  namesAt: ['us-east-1'],
  cannotFence: '',
  missingHosts: [],
  observed: true,
};
const ids = (change: Partial<RiskEvidence>) => risksOf({ ...calm, ...change }).map(({ id }) => id);

describe('risks', () => {
  test('a failover with everything in order has none', () => {
    expect(ids({})).toEqual([]);
  });

  test.each<[string, Partial<RiskEvidence>]>([
    ['primary-still-healthy', { fromHealthy: true }],
    ['target-serves-already', { namesAt: ['us-west-2'] }],
    ['name-leads-elsewhere', { procedure: 'full-recovery', to: 'us-east-1', namesAt: ['us-west-2'] }],
    ['old-primary-not-fenced', { cannotFence: 'EC2 of us-east-1 does not answer' }],
    ['standby-host-missing', { missingHosts: ['app-2'] }],
    ['point-older-than-rpo', { lostAt: noon + hour }],
    ['point-torn', { point: { ...point, torn: 3 } }],
    ['point-from-standby-role', { point: { ...point, role: 'standby' } }],
    ['point-not-at-target', { point: { ...point, locations: ['backups', 'third'] } }],
    ['point-not-verified', { counts: 'verified', point: { ...point, state: 'replicated' } }],
    ['point-not-proven', { counts: 'proven', point: { ...point, state: 'verified' } }],
    ['point-passed-over', { passedOver: [{ id: '20260102_114500', why: 'quarantined (a part is lost)' }] }],
    ['too-few-copies', { point: { ...point, locations: ['backups-dr'] } }],
    ['too-few-copies', { point: { ...point, at: { backups: 'damaged', 'backups-dr': 'verified' } } }],
    ['observer-missing', { observed: false }],
  ])('%s stands alone when only that is so', (id, change) => {
    expect(ids(change)).toEqual([id]);
  });

  test('a fence that is lifted in place is a risk only while the name leads to another site', () => {
    const opens = ['database'];
    const inPlace = { procedure: 'restore', to: 'us-east-1', opens } as const;
    const away = { ...inPlace, namesAt: ['us-west-2'] };
    expect(ids(away)).toEqual(['name-leads-elsewhere', 'fence-lifted']);
    expect(ids({ ...away, opens: [] })).toEqual(['name-leads-elsewhere']);
    expect(ids(inPlace)).toEqual([]);
    expect(ids({ opens })).toEqual([]);
    const texts = (change: Partial<RiskEvidence>) => risksOf({ ...calm, ...change }).map(({ text }) => text);
    for (const text of texts(away)) expect(text).toMatch(/two sites may take writes/);
    expect(texts({ ...away, stops: false, opens: [] })[0]).not.toMatch(/two sites/);
  });

  test('a point exactly as old as the RPO is not too old', () => {
    expect(ids({ lostAt: Date.parse(point.takenAt) + hour })).toEqual([]);
    expect(ids({ lostAt: Date.parse(point.takenAt) + hour + 1 })).toEqual(['point-older-than-rpo']);
  });

  test('what could not be found out about the primary is not taken for healthy', () => {
    expect(ids({ fromHealthy: undefined })).toEqual([]);
  });

  test('a recovery in place has no old primary to fence, but may destroy a healthy service', () => {
    const inPlace = { procedure: 'full-recovery', to: 'us-east-1' } as const;
    expect(ids({ ...inPlace, cannotFence: 'x', fromHealthy: true })).toEqual(['primary-still-healthy']);
  });

  test('a backup gives nothing up', () => {
    expect(ids({ procedure: 'backup', fromHealthy: true, observed: false, point: undefined })).toEqual([]);
  });

  test('texts name what is lost', () => {
    const [risk] = risksOf({ ...calm, lostAt: noon + 2 * hour });
    expect(risk?.text).toBe('Recovery point 20260102_113000 is 2h30m old, the RPO is 1h: so much is lost.');
  });
});

describe('the point that is chosen', () => {
  const at = (id: string, more: Partial<PointSummary> = {}): PointSummary => ({
    ...point,
    id,
    takenAt: `2026-01-02T${id.slice(9, 11)}:00:00.000Z`,
    ...more,
  });

  test('one point seen at two locations is one point at both', () => {
    const merged = mergePoints(
      [[at('20260102_100000', { locations: ['a'] })], [at('20260102_100000', { locations: ['b'] })]],
      'b',
    );
    expect(merged).toMatchObject([{ id: '20260102_100000', locations: ['a', 'b'] }]);
  });

  test('of two manifests with one id the one beside the target counts', () => {
    const other = at('20260102_100000', { locations: ['a'], sha256: 'b'.repeat(64) });
    const merged = mergePoints([[other], [at('20260102_100000', { locations: ['b'] })]], 'b');
    expect(merged).toMatchObject([{ sha256: point.sha256, locations: ['b'] }]);
  });

  test('the newest beside the target wins over a newer one elsewhere, and a primary over a standby', () => {
    const points = mergePoints(
      [
        [
          at('20260102_120000', { role: 'standby' }),
          at('20260102_110000', { locations: ['backups'] }),
          at('20260102_100000'),
          at('20260102_090000'),
        ],
      ],
      'backups-dr',
    );
    expect(choosePoint(points, 'backups-dr')?.id).toBe('20260102_100000');
    expect(choosePoint(points, 'nowhere')?.id).toBe('20260102_110000');
    expect(choosePoint(points.slice(0, 1), 'backups-dr')?.id).toBe('20260102_120000');
    expect(choosePoint([], 'backups-dr')).toBeUndefined();
  });

  test('a newer point of the configuration alone is not taken for the whole service', () => {
    const small = at('20260102_120000', { components: ['configuration'] });
    const whole = at('20260102_100000', { components: ['configuration', 'database'] });
    expect(choosePoint([small, whole], 'backups-dr', ['configuration', 'database'])?.id).toBe(whole.id);
    // A component that the plan has only since yesterday is in no point yet.
    expect(choosePoint([small, whole], 'backups-dr', ['configuration', 'database', 'new'])?.id).toBe(whole.id);
    expect(choosePoint([small], 'backups-dr', ['configuration', 'database'])?.id).toBe(small.id);
  });

  test('back to before a deployment is the newest point before it, by version or commit where one is named', () => {
    const points = [
      at('20260102_090000', { label: 'pre-deploy', version: '1.8.0' }),
      at('20260102_100000', {
        label: 'pre-deploy',
        version: '1.9.0',
        commit: '9fceb02d0ae598e95dc970b74767f19372d61af8',
      }),
      at('20260102_110000', { label: 'post-deploy', version: '1.9.0' }),
      at('20260102_120000', { label: 'daily' }),
    ];
    const idOf = (version?: string) => pointBeforeDeployment(points, version)?.id;
    expect(idOf()).toBe('20260102_100000');
    expect(idOf('1.8.0')).toBe('20260102_090000');
    expect(idOf('9fceb02')).toBe('20260102_100000');
    expect(idOf('9fc')).toBeUndefined();
    expect(idOf('1.7.0')).toBeUndefined();
  });

  test('a quarantined point is never taken, and those that are newer are named', () => {
    const bad = at('20260102_110000', { state: 'quarantined' });
    const older = at('20260102_080000', { state: 'quarantined' });
    const points = [bad, at('20260102_100000', { state: 'captured' }), older];
    expect(choosePoint(points, 'backups-dr')?.id).toBe('20260102_100000');
    expect(passedOver(points, choosePoint(points, 'backups-dr')).map(({ id }) => id)).toEqual([bad.id]);
    expect(choosePoint([bad, older], 'backups-dr')).toBeUndefined();
  });

  test('a copy beside the target that is damaged is not preferred', () => {
    const damaged = at('20260102_100000', { at: { 'backups-dr': 'damaged', backups: 'verified' } });
    expect(choosePoint([damaged, at('20260102_090000')], 'backups-dr')?.id).toBe('20260102_090000');
    expect(choosePoint([damaged], 'backups-dr')?.id).toBe('20260102_100000');
  });
});
