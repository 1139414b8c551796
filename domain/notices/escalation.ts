/**
 * What people were told and nobody has dealt with yet, and who is told next, when. Pure; times in ms since 1970.
 *
 * A matter is as urgent as the worst that was said of it: a lesser notice never takes an escalation away, and an end ends only its own.
 */
import { z } from 'zod';
import type { NoticePolicy } from '../plan/escalation.ts';
import { levelSchema } from '../plan/notices.ts';
import { procedures } from '../playbook/procedures.ts';
import { type Level, levels } from './events.ts';

export const matterSchema = z.object({
  /** `step-failed:start-i-1`; unique among those of a procedure. */
  id: z.string(),
  procedure: z.enum(procedures).optional(),
  run: z.string(),
  /** What was said last at its worst. */
  event: z.string(),
  level: levelSchema,
  severity: z.enum(['info', 'warning', 'danger']),
  text: z.string(),
  fields: z.record(z.string(), z.string()),
  /** When it came up, or got worse. */
  since: z.number(),
  /** Who is still to be told, unless somebody looks after it. */
  due: z.array(z.object({ at: z.number(), to: z.array(z.string()) })),
  /** Who looks after it. */
  by: z.string().optional(),
  /** Event to when it was said last. */
  said: z.record(z.string(), z.number()),
});
export type Matter = z.output<typeof matterSchema>;

export type Saying = Omit<Matter, 'since' | 'due' | 'by' | 'said'>;

const worse = (a: Level, b: Level) => levels.indexOf(a) < levels.indexOf(b);
export const sameMatter = (a: Pick<Matter, 'id' | 'procedure'>, b: Pick<Matter, 'id' | 'procedure'>) =>
  a.id === b.id && a.procedure === b.procedure;

/** `say` is false where the same was said a short while ago and it did not get worse. */
export function heard(
  open: readonly Matter[],
  saying: Saying,
  policy: NoticePolicy,
  now: number,
): { readonly open: Matter[]; readonly say: boolean } {
  const before = open.find((each) => sameMatter(each, saying));
  if (!before) {
    const due = dueOf(saying, policy, now);
    return { open: [...open, { ...saying, since: now, due, said: { [saying.event]: now } }], say: true };
  }
  const gotWorse = worse(saying.level, before.level);
  const last = before.said[saying.event];
  const say = gotWorse || last === undefined || now - last >= (policy.quiet ?? 0);
  const said = say ? { ...before.said, [saying.event]: now } : before.said;
  const after: Matter = gotWorse
    ? // Whoever looked after the lesser thing has not said that he looks after this.
      { ...saying, since: now, due: earliest([...before.due, ...dueOf(saying, policy, now)]), said }
    : { ...before, said };
  return { open: open.map((each) => (each === before ? after : each)), say };
}

function dueOf({ event, level }: Saying, { steps, response }: NoticePolicy, now: number): Matter['due'] {
  const fits = ({ severities, events }: NoticePolicy['steps'][number]) =>
    (severities === undefined && events === undefined) || severities?.includes(level) || events?.includes(event);
  return earliest(steps.filter(fits).map(({ after, to }) => ({ at: now + (after ?? response[level]), to: [...to] })));
}

/** Each receiver once, at the first of its times. */
function earliest(due: Matter['due']): Matter['due'] {
  const first = new Map<string, number>();
  for (const { at, to } of due) for (const name of to) first.set(name, Math.min(at, first.get(name) ?? at));
  const times = [...new Set(first.values())].sort((a, b) => a - b);
  return times.map((at) => ({ at, to: [...first].flatMap(([name, own]) => (own === at ? [name] : [])) }));
}

/** When the next are told; undefined where nobody is. */
export function nextAt(open: readonly Matter[]): number | undefined {
  const times = open.flatMap(({ due }) => due.map(({ at }) => at));
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** Who is to be told by now, and what is left. */
export function ripe(
  open: readonly Matter[],
  now: number,
): { readonly open: Matter[]; readonly tell: readonly { readonly matter: Matter; readonly to: readonly string[] }[] } {
  const tell = open.flatMap((matter) => {
    const to = matter.due.flatMap(({ at, to }) => (at <= now ? to : []));
    return to.length > 0 ? [{ matter, to }] : [];
  });
  return { open: open.map((matter) => ({ ...matter, due: matter.due.filter(({ at }) => at > now) })), tell };
}

/** Said by a run before, a short while ago, and no worse now. @param quiet  ms */
export function saidLately(
  open: readonly Matter[],
  saying: Pick<Matter, 'id' | 'procedure' | 'event' | 'level'>,
  quiet: number,
  now: number,
): boolean {
  const before = open.find((each) => sameMatter(each, saying));
  const last = before?.said[saying.event];
  // Whoever looks after it hears of it again.
  if (before?.by !== undefined) return false;
  return before !== undefined && last !== undefined && !worse(saying.level, before.level) && now - last < quiet;
}

/**
 * Matters of another run come in: of one that is there already the worse counts, and nothing that is due is taken away.
 *
 * @param quiet  ms; what came sooner after the last time was not said again
 */
export function joined(open: readonly Matter[], coming: readonly Matter[], quiet = 0): Matter[] {
  const all = [...open];
  for (const matter of coming) {
    const at = all.findIndex((each) => sameMatter(each, matter));
    const before = all[at];
    if (!before) {
      all.push(matter);
      continue;
    }
    // Somebody looks after the one before: this one has come up since.
    if (before.by !== undefined) {
      all[at] = matter;
      continue;
    }
    const said = saidBoth(before.said, matter.said, quiet);
    const due = earliest([...before.due, ...matter.due]);
    all[at] = worse(matter.level, before.level) ? { ...matter, due, said } : { ...before, due, said };
  }
  return all;
}

function saidBoth(before: Matter['said'], coming: Matter['said'], quiet: number): Matter['said'] {
  const later = Object.entries(coming).filter(
    ([event, at]) => at - (before[event] ?? Number.NEGATIVE_INFINITY) >= quiet,
  );
  return { ...before, ...Object.fromEntries(later) };
}

/** @param id  one matter; all where absent */
export function acknowledged(
  open: readonly Matter[],
  by: string,
  id?: string,
): { readonly open: Matter[]; readonly taken: Matter[] } {
  const meant = (matter: Matter) => matter.by === undefined && (id === undefined || matter.id === id);
  return {
    open: open.map((matter) => (meant(matter) ? { ...matter, by, due: [] } : matter)),
    taken: open.filter(meant),
  };
}
