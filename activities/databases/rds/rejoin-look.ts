/** What a database's two sites have in RDS, looked at again and again: a region that does not answer once is not gone. */
import { isUnreachable } from '../../aws/errors.ts';
import type { StepContext } from '../../context.ts';
import { waitFor, withLimit } from '../../waiting.ts';
import { readRds, type SeenInstance } from './instances.ts';

export interface Place {
  readonly site: string;
  readonly region: string;
  readonly instance: string;
}

/** One attempt of the step. */
export interface Rejoining {
  readonly given: {
    readonly database: string;
    readonly standby: Place;
    readonly primary: Place;
    /** ms */
    readonly within: number;
    readonly requestLimit: number;
  };
  readonly context: StepContext;
}

/** What the regions have: the instance in the standby's place, the old primary put aside, the one to follow. */
export interface Seen {
  readonly own: SeenInstance | undefined;
  readonly aside: SeenInstance | undefined;
  readonly primary: SeenInstance | undefined;
}

export interface Looked {
  /** What was wanted came true. */
  readonly found: boolean;
  readonly seen: Seen;
}

/** A region that could not be asked. */
export class RegionSilent extends Error {
  override readonly name = 'RegionSilent';
  readonly region: string;

  constructor(region: string, cause: unknown) {
    super(`RDS of ${region} does not answer. Try: wait: it is asked again.`, { cause });
    this.region = region;
  }
}

/** Looks until what is wanted is seen, or the time has passed. @throws RegionSilent where the last look got no answer; what RDS refuses */
export async function lookUntil(
  { given, context }: Rejoining,
  wanted: (seen: Seen) => boolean,
  within = given.within,
): Promise<Looked> {
  let last: Seen | undefined;
  let silent: RegionSilent | undefined;
  const found = await waitFor({ within, every: 500, atMost: 15_000, signal: context.signal, onLook: say }, async () => {
    try {
      last = await look(given, context);
      silent = undefined;
      return wanted(last) ? last : undefined;
    } catch (error) {
      if (!(error instanceof RegionSilent)) throw error;
      silent = error;
      return undefined;
    }
  });
  if (found) return { found: true, seen: found };
  if (silent || !last) throw silent ?? new Error('no look was made');
  return { found: false, seen: last };

  function say(ms: number): void {
    const state = silent ? `RDS of ${silent.region} does not answer` : (last?.own?.status ?? 'asked');
    context.heartbeat({ text: `${given.standby.instance}: ${state}, ${Math.round(ms / 1000)} s` });
  }
}

/** @throws RegionSilent, and what RDS refuses */
export async function look(
  { standby, primary, requestLimit }: Rejoining['given'],
  context: StepContext,
): Promise<Seen> {
  const at = async ({ region, instance }: Place) => {
    try {
      return await withLimit(requestLimit, context.signal, async (signal) =>
        readRds(await context.rds(region), instance, region, { signal, limit: requestLimit }),
      );
    } catch (error) {
      context.signal.throwIfAborted();
      throw isSilence(error) ? new RegionSilent(region, error) : error;
    }
  };
  const [own, aside, source] = await Promise.all([
    at(standby),
    at({ ...standby, instance: asideOf(standby, context) }),
    at(primary),
  ]);
  return { own, aside, primary: source };
}

/** `orders-east-old-1a2b3c4d`: told apart by the run, and the same at each attempt of it. */
export function asideOf({ instance }: Place, { run }: StepContext): string {
  const mark = run
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
    .slice(-12);
  return asideName(instance, mark);
}

/** Identifiers of RDS have 63 characters at most. */
export function asideName(instance: string, mark = ''): string {
  const end = mark === '' ? '-old' : `-old-${mark}`;
  return `${instance.slice(0, 63 - end.length).replace(/-+$/, '')}${end}`;
}

/** `awsError` wraps what could not be asked; a service that asks for patience gets it. */
function isSilence(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isUnreachable(cause) || (error instanceof Error && error.name === 'Throttled');
}
