/** A name stays where a run led it: a change that Route 53 took and lost is noticed, and made again. */
import { z } from 'zod';
import { switchObjectSchema } from '../../domain/traffic/switch.ts';
import { describeRecord, describeTarget, pointsAt, targetSchema } from '../../domain/traffic/traffic.ts';
import type { StepContext } from '../context.ts';
import { withLimit } from '../waiting.ts';
import { moveInputSchema, moveName } from './move-name.ts';
import { readRecord } from './record-sets.ts';
import { addressesOf, makeResolver } from './resolver.ts';
import { checkSwitchObject, setSwitch } from './switch-object.ts';

export const keptNameSchema = z.object({
  zone: z.string(),
  name: z.string(),
  type: moveInputSchema.shape.type,
  site: z.string(),
  target: targetSchema,
  resolver: z.string().optional(),
  /** Where an object leads it. */
  object: switchObjectSchema.optional(),
});
export type KeptName = z.output<typeof keptNameSchema>;

/** ms for Route 53, which is asked only while the answer is wrong. */
const limit = 5_000;

/** As `readBackName`, unless the name answers as it should. What cannot be asked is left to the next look. */
export async function keepName(name: KeptName, context: StepContext): Promise<string | undefined> {
  try {
    if (await answersRight(name)) return undefined;
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
  return await readBackName(name, context);
}

/** Says what was lost and was put again; undefined where it stands as it was made, and only old answers live on. */
export async function readBackName(name: KeptName, context: StepContext): Promise<string | undefined> {
  try {
    return name.object ? await keepSwitch(name, context) : await keepRecord(name, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if ((error as { type?: string }).type === 'Superseded') throw error;
    return undefined;
  }
}

async function keepRecord(name: KeptName, context: StepContext): Promise<string | undefined> {
  const client = await context.route53();
  const now = await withLimit(limit, context.signal, (signal) => readRecord(client, name, { signal, limit }));
  if (pointsAt(now, name.target)) return undefined;
  const move = moveInputSchema.parse({ zone: name.zone, name: name.name, type: name.type, target: name.target });
  await moveName(move, context);
  return `${name.name} pointed ${describeRecord(now)} although it was led to ${name.site}: the change was lost, or someone made another. It points at ${describeTarget(name.target)} again.`;
}

async function keepSwitch(name: KeptName, context: StepContext): Promise<string | undefined> {
  const input = { name: name.name, site: name.site, object: name.object as NonNullable<KeptName['object']> };
  if ((await checkSwitchObject(input, context)).state === 'done') return undefined;
  await setSwitch(input, context);
  return `The switch object of ${name.name} was changed after it was led to ${name.site}; it leads there again.`;
}

async function answersRight({ name, target, resolver: server }: KeptName): Promise<boolean> {
  const resolver = makeResolver(server);
  const [answered, wanted] = await Promise.all([
    addressesOf(resolver, name),
    'alias' in target ? addressesOf(resolver, target.alias.name) : target.addresses,
  ]);
  return answered.length > 0 && answered.every((each) => wanted.includes(each));
}
