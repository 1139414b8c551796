/** What the plan promises, so short that each promise can be broken within a test. Rules that scale with the plan scale with this. */

/** s */
export const short = {
  /** Between two backups. One takes some seconds here, so a point is at most about three quarters of a minute old. */
  backup: 40,
  rpo: 100,
  /** Longest whole backup. */
  run: 20,
  /** Longest restore of a part. */
  restore: 30,
  drill: 180,
} as const;

/** @param prefix  of keys in the stores: nothing is there before, and no other test sees what comes there */
// biome-ignore lint/suspicious/noExplicitAny: the overlay is any YAML
export function shortPlan(overlay: any, prefix: string): void {
  for (const location of Object.values<{ prefix?: string }>(overlay.storage)) location.prefix = prefix;
  const at = (seconds: number) => ({ expected: `${seconds}s`, maximum: `${seconds}s` });
  overlay.objectives = {
    rpo: `${short.rpo}s`,
    rto: { backup: at(short.run), 'partial-recovery': at(short.restore) },
  };
  // One that fails is over soon, as at night when nobody decides.
  const common = { patience: '1s', wait: '30s', catchUpWindow: '10s' };
  overlay.schedules = [
    { ...common, name: 'often', every: `${short.backup}s`, backup: { kind: 'full' } },
    { ...common, name: 'looks', every: '2m', procedure: 'verify' },
  ];
  overlay.drills = [
    { ...common, name: 'rehearsal', kind: 'component', components: ['certificates'], every: `${short.drill}s` },
  ];
}
