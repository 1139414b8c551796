import { describe, expect, it } from 'vitest';
import { type AuditEntry, auditTime, parseAuditName } from '../../../domain/audit/audit.ts';
import { type AuditCopy, type AuditPlace, checkAudit, withMissingEnds } from '../../../domain/audit/check.ts';

const run = 'failover-20261122-031500-ab12';
const at = (n: number) => `2026-11-22T03:15:${String(n).padStart(2, '0')}.000Z`;

function copy(n: number, more: Partial<AuditEntry> = {}, sha256 = `hash-${n}`): AuditCopy {
  const previous = n === 1 ? null : `hash-${n - 1}`;
  const fixed = {
    format: 1,
    service: 'spacetime',
    run,
    procedure: 'failover',
    kind: 'note',
    text: `entry ${n}`,
  } as const;
  const entry: AuditEntry = { ...fixed, n, at: at(n), previous, ...more };
  return { key: `audit/${auditTime(at(n))}-${run}-${String(n).padStart(5, '0')}.json`, run, n, entry, sha256 };
}
const whole = () => [copy(1), copy(2), copy(3), copy(4, { kind: 'end', entries: 4 })];
const place = (location: string, copies: AuditCopy[], reported: string[] = []): AuditPlace => ({
  location,
  copies,
  reported,
});
const said = (...places: AuditPlace[]) => checkAudit(places).findings.map(({ what, text }) => `${what}: ${text}`);

describe('an audit log', () => {
  it('that is whole everywhere has no finding', () => {
    expect(checkAudit([place('east', whole(), [run]), place('west', whole(), [run])])).toEqual({
      runs: 1,
      entries: 4,
      findings: [],
      open: [],
    });
  });

  it('of a run that goes on is open, and whole so far', () => {
    expect(checkAudit([place('east', [copy(1), copy(2)])])).toMatchObject({ findings: [], open: [run] });
  });

  it.each([
    ['the first', [1], /^removed: Entry 1 of .* was removed/],
    ['one between', [2], /^removed: Entry 2 of .* was removed: no location has it/],
    ['two', [2, 3], /^removed: Entry 2 .*\nremoved: Entry 3/],
  ])('from which %s is gone everywhere names it', (_, gone, text) => {
    const left = () => whole().filter(({ n }) => !gone.includes(n ?? 0));
    expect(said(place('east', left()), place('west', left())).join('\n')).toMatch(text);
  });

  it('from which the last is gone everywhere is open, and lacks its end once the run is over', () => {
    const verdict = checkAudit([place('east', whole().slice(0, 3))]);
    expect(verdict).toMatchObject({ findings: [], open: [run] });
    expect(withMissingEnds(verdict, new Map())).toEqual(verdict);
    expect(withMissingEnds(verdict, new Map([[run, 'Temporal says COMPLETED']]))).toMatchObject({
      findings: [{ what: 'unended', run, text: expect.stringContaining('is over (Temporal says COMPLETED)') }],
      open: [],
    });
    // Written meanwhile.
    expect(withMissingEnds(checkAudit([place('east', whole())]), new Map([[run, 'over']])).findings).toEqual([]);
  });

  it('names what one location lacks, and who has it', () => {
    const west = [...whole().slice(0, 1), ...whole().slice(3)];
    expect(said(place('east', whole()), place('west', west))).toEqual([
      `lacking: west lacks entries 2-3 of ${run}, which east has.`,
    ]);
  });

  it('names an entry that was changed where it lies', () => {
    const changed: AuditCopy = { key: copy(2).key, run, n: 2, wrong: 'no pinned signer signed it as it is now' };
    const west = whole().with(1, changed);
    expect(said(place('east', whole()), place('west', west))).toEqual([
      `changed: ${changed.key} at west was changed: no pinned signer signed it as it is now.`,
    ]);
  });

  it('names an entry that was exchanged for another signed one, at one location and at all', () => {
    const other = copy(2, { text: 'nothing happened' }, 'hash-other');
    expect(said(place('east', whole()), place('west', whole().with(1, other)))).toContain(
      `differs: Entry 2 of ${run} is one at east, another one at west.`,
    );
    expect(said(place('east', whole().with(1, other)))).toEqual([
      `changed: Entry 3 of ${run} follows another entry 2 than the one that is there: that was exchanged.`,
    ]);
  });

  it('names entries that were added after the seal', () => {
    const more = [...whole(), copy(5)];
    expect(said(place('east', more))).toEqual([`changed: ${run} was sealed with 4 entries, and there is an entry 5.`]);
  });

  it('names a run that left a report and no entry, unless it is older than the log', () => {
    const reports = [
      run,
      'restore-20261122-040000-cd34',
      'restore-20251122-040000-cd34',
      'log-shipping-20261122-050000-ef56',
    ];
    expect(said(place('east', whole(), reports))).toEqual([
      'unlogged: restore-20261122-040000-cd34 left a report, and no entry of its log is anywhere.',
    ]);
  });

  it('has names from which run and number can be read', () => {
    expect(parseAuditName('20261122T031500123Z-failover-20261122-031500-ab12-00007.json')).toEqual({
      time: '20261122T031500123Z',
      run: 'failover-20261122-031500-ab12',
      n: 7,
    });
    expect(parseAuditName('notes.txt')).toBeUndefined();
  });
});
