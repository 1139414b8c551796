/** Putting and deleting the switch object of a name; what `putSwitch` and `clearSwitch` share. No control plane is asked. */
import { z } from 'zod';
import { mustBeThere, switchObjectSchema } from '../../domain/traffic/switch.ts';
import { passing } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { requestText } from '../health/request.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import type { CheckResult } from '../step.ts';
import { waitFor } from '../waiting.ts';

export const switchInputSchema = z.object({
  /** The name whose traffic it decides. */
  name: z.string(),
  /** The site that is to be answered. */
  site: z.string(),
  object: switchObjectSchema,
});
type Input = z.output<typeof switchInputSchema>;

export interface SwitchOutput {
  readonly outcome: 'moved' | 'there already';
  readonly to: string;
  /** When the object was changed, or seen to be so already, ISO. `seeFromOutside` looks for healthy answers from then on. */
  readonly at: string;
  /** Health checks do not see what was done: the traffic will not move by itself. */
  readonly alarm?: string;
}

/** ms that a store may take until everybody sees a change. */
const spreading = 5_000;

export async function checkSwitchObject(input: Input, context: StepContext): Promise<CheckResult> {
  const there = await isThere(input, context);
  if (there === mustBeThere(input.object, input.site)) return { state: 'done', what: 'there already' };
  return { state: 'ready', what: there ? 'the object is there' : 'the object is not there' };
}

/** Look, change, read back; then look at it as a health check does, without credentials. */
export async function setSwitch(input: Input, context: StepContext): Promise<SwitchOutput> {
  const wanted = mustBeThere(input.object, input.site);
  const already = (await isThere(input, context)) === wanted;
  const at = new Date().toISOString();
  if (!already) await bring(input, wanted, context);
  const seen = await seenAs(wanted, input, context);
  const output = { outcome: already ? 'there already' : 'moved', to: input.site, at } as const;
  return seen === undefined ? output : { ...output, alarm: unseen(input, wanted, seen) };
}

/** Whether the object was there. */
export async function noteSwitch(input: Input, context: StepContext): Promise<{ there: boolean }> {
  return { there: await isThere(input, context) };
}

/** Puts the object back, or takes it away again, as it was noted. */
export async function switchBack(input: Input, before: unknown, context: StepContext): Promise<void> {
  const { there } = z.object({ there: z.boolean() }).parse(before);
  if ((await isThere(input, context)) !== there) await bring(input, there, context);
}

export function switchShell({ object, name, site }: Input): string[] {
  const { hostname, port, protocol, pathname } = new URL(object.url);
  // Virtual-hosted buckets have their name in the host; other servers have it first in the path.
  const hosted = /^(.+)\.s3[.-][^/]*amazonaws\.com$/.exec(hostname)?.[1];
  const target = hosted ? `s3://${hosted}${pathname}` : `s3:/${pathname}`;
  const endpoint = hosted ? '' : ` --endpoint-url ${protocol}//${hostname}${port ? `:${port}` : ''}`;
  const change = mustBeThere(object, site)
    ? `printf %s ${shellQuote(`${name} is answered by ${site}\n`)} | aws s3 cp${endpoint} - ${shellQuote(target)}`
    : `aws s3 rm${endpoint} ${shellQuote(target)}`;
  return [change, `curl -sS -o /dev/null -w '%{http_code}\\n' ${shellQuote(object.url)}`];
}

async function isThere({ object }: Input, context: StepContext): Promise<boolean> {
  const store = await context.store(object.location);
  return (await store.head(object.key)) !== undefined;
}

async function bring(input: Input, wanted: boolean, context: StepContext): Promise<void> {
  const { object, name, site } = input;
  const store = await context.store(object.location);
  context.assertCurrent();
  context.log(`${wanted ? 'put' : 'delete'} ${object.key} at ${object.location}`);
  if (wanted) {
    const body = Buffer.from(`${name} is answered by ${site}: Muster run ${context.run}, step ${context.step}.\n`);
    const { outcome } = await store.putIfAbsent(object.key, body);
    // Some servers take the marker of a deletion for an object, and would never let one be put again.
    if (outcome === 'exists' && !(await isThere(input, context))) await store.put(object.key, body);
  } else await store.delete(object.key);
  if ((await isThere(input, context)) === wanted) return;
  throw passing(
    'SwitchOverwritten',
    `The switch object ${object.key} at ${object.location} is ${wanted ? 'not there although it was just put' : 'there although it was just deleted'}: someone else changes it.`,
    'find who does, and stop them; it is tried again.',
  );
}

/** Undefined once a look without credentials agrees; else what was seen last. */
async function seenAs(wanted: boolean, { object }: Input, context: StepContext): Promise<string | undefined> {
  let last = '';
  const agreed = await waitFor(
    {
      within: spreading,
      every: 200,
      atMost: 1_000,
      signal: context.signal,
      onLook: () => context.heartbeat({ text: last || 'looking as a health check does' }),
    },
    async () => {
      try {
        const { status } = await requestText(object.url, { timeout: 2_000, signal: context.signal });
        last = `${object.url} answers ${status}`;
        return status >= 200 && status <= 399 === wanted ? true : undefined;
      } catch (error) {
        context.signal.throwIfAborted();
        last = `${object.url}: ${error instanceof Error ? error.message : String(error)}`;
        return undefined;
      }
    },
  );
  return agreed ? undefined : last;
}

function unseen({ name, object }: Input, wanted: boolean, last: string): string {
  const done = wanted ? 'was put' : 'was deleted';
  return `The switch object of ${name} ${done}, and without credentials that is not seen (${last}): its health check may not follow. Try: let anybody read ${object.key} (\`muster traffic check\` prints the policy), or move the record by hand.`;
}
