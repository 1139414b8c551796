/** Makes a site the PRIMARY of a name that has failover records, and the other one the SECONDARY; each keeps its health check. */
import type { ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import { z } from 'zod';
import { targetSchema } from '../../domain/traffic/traffic.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { awaitChange, changeSets } from './record-sets.ts';
import { type Routed, routedSets } from './routed-sets.ts';

const inputSchema = z.object({
  zone: z.string(),
  name: z.string(),
  type: z.literal('A').default('A'),
  /** The site that is to be PRIMARY. */
  site: z.string(),
  identifiers: z.record(z.string(), z.string()),
  targets: z.record(z.string(), targetSchema),
  /** ms until Route 53 has the change everywhere. */
  within: z.number().int().positive().default(120_000),
});
type Input = z.output<typeof inputSchema>;

/** Output: `{ outcome: 'moved' | 'there already', at }` */
export const exchangeRoles = defineStep({
  kind: 'exchangeRoles',
  version: 1,
  input: inputSchema,
  title: ({ name, site }) => `Make ${site} the PRIMARY of ${name}`,
  shell: ({ zone, name, identifiers, site }) => [
    `# UPSERT both failover sets of ${name} in one batch: ${identifiers[site]} as PRIMARY, the other as SECONDARY`,
    `aws route53 change-resource-record-sets --hosted-zone-id ${zone} --change-batch file://roles.json`,
  ],
  limits: { startToClose: 300_000 },
  async check(input, context) {
    const primary = await primaryNow(await context.route53(), input, context);
    return { state: primary === input.site ? 'done' : 'ready', what: `PRIMARY is ${primary ?? 'none'}` };
  },
  async run(input, context) {
    const at = new Date().toISOString();
    const moved = await makePrimary(input.site, input, context);
    return { outcome: moved ? 'moved' : 'there already', at };
  },
  async before(input, context) {
    return { primary: await primaryNow(await context.route53(), input, context) };
  },
  async undo(input, before, context) {
    const { primary } = z.object({ primary: z.string().optional() }).parse(before);
    if (primary) await makePrimary(primary, input, context);
  },
});

/** The site whose set is the PRIMARY. @throws RecordNotAsPlanned */
export async function primaryNow(
  client: Route53Client,
  at: Routed,
  context: Pick<StepContext, 'signal'>,
): Promise<string | undefined> {
  return primaryOf(await failoverSets(client, at, context));
}

async function makePrimary(site: string, input: Input, context: StepContext): Promise<boolean> {
  const client = await context.route53();
  const sets = await failoverSets(client, input, context);
  if (primaryOf(sets) === site) return false;
  const changes = Object.entries(sets).map(([each, set]) => ({
    Action: 'UPSERT' as const,
    ResourceRecordSet: { ...set, Failover: each === site ? ('PRIMARY' as const) : ('SECONDARY' as const) },
  }));
  await awaitChange(client, await changeSets(client, input, changes, context), input.within, context);
  return true;
}

async function failoverSets(client: Route53Client, at: Routed, context: Pick<StepContext, 'signal'>) {
  return await routedSets(client, at, ({ Failover }) => Failover !== undefined, 'failover', context);
}

function primaryOf(sets: Readonly<Record<string, ResourceRecordSet>>): string | undefined {
  return Object.keys(sets).find((site) => sets[site]?.Failover === 'PRIMARY');
}
