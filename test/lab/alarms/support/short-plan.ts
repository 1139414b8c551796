/** What the plan promises, so short that each promise can be broken within a test. Rules that scale with the plan scale with this. */

/** `MUSTER_ALARMS_PACE=2`: half as fast, for a machine that has much else to do. */
const pace = Number(process.env.MUSTER_ALARMS_PACE ?? 1);
/** How many times as fast as installed the rules are: an hour is half a minute. */
export const factor = 120 / pace;
/** ms that it takes at most until what is true has been read, scraped and judged. */
export const slack = 20_000 * pace;
/** s */
export const short = {
  /** Between two backups. One takes ten seconds. */
  backup: 60 * pace,
  rpo: 120 * pace,
  /** Longest whole backup. */
  run: 30 * pace,
  /** Longest restore of a part. */
  restore: 30 * pace,
  looks: 120 * pace,
  drill: 180 * pace,
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
    { ...common, name: 'looks', every: `${short.looks}s`, procedure: 'verify' },
  ];
  // Not when a backup is due: one of the two would find its component taken.
  overlay.drills = [
    {
      ...common,
      name: 'rehearsal',
      kind: 'component',
      components: ['certificates'],
      every: `${short.drill}s`,
      offset: `${short.backup / 2}s`,
    },
  ];
}
