/**
 * What proves that the new site has all that the old one had: the demotion token. It is taken at the source when nobody writes any
 * more and the final recovery point is committed, and it says that the source holds exactly that point, table by table. The
 * promotion at the target must match it exactly.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { hostSchema } from '../../domain/host.ts';
import { componentInput, pointOf, pointSource } from '../archives/component-input.ts';
import type { JobParts } from '../archives/driver.ts';
import { driverFor } from '../archives/drivers.ts';
import { answerGets, getParams } from '../archives/get-urls.ts';
import { openPoint } from '../archives/open-point.ts';
import type { StepContext } from '../context.ts';
import { answersIn } from '../databases/answers.ts';
import { runHostJob } from '../hosts/run-job.ts';

export const tokenInput = z.object({
  service: z.string(),
  point: pointSource,
  component: componentInput,
  host: hostSchema,
  site: z.string(),
  locations: z.array(z.string()).min(1),
});
export type TokenInput = z.output<typeof tokenInput>;

export const tokenSchema = z.object({
  component: z.string(),
  /** The point that the source holds exactly, and the SHA-256 of its manifest. */
  point: z.string(),
  manifest: z.string(),
  /** Queries, or files and folders, that were compared with it. */
  compared: z.number(),
  /** SHA-256 over all answers, hex. */
  digest: z.string(),
  /** Table or sequence to what it holds, in words; the first of very many. */
  answers: z.record(z.string(), z.string()),
  /** Where the log of the database stood. */
  wal: z.object({ lsn: z.string(), timeline: z.string() }).optional(),
});
export type Token = z.output<typeof tokenSchema>;

/** A history carries the token: of a database with thousands of tables the digest speaks for the rest. */
const mostAnswers = 200;
const walSchema = z.object({ type: z.literal('wal'), lsn: z.string(), timeline: z.string() });

export interface TokenRead {
  readonly token: Token;
  /** What is not as the point has it, in words. */
  readonly wrong: readonly string[];
}

/**
 * Reads a site against the point, and what the driver can say beyond that.
 *
 * @throws `ProofMissing` where nothing could be compared
 */
export async function readToken(input: TokenInput, context: StepContext): Promise<TokenRead> {
  const { service, component, host, site, locations } = input;
  const point = pointOf(input.point, context.outputs);
  const opened = await openPoint({ service, point, component: component.name, site, locations }, context);
  const driver = driverFor(component);
  const executor = await context.host(host);
  const run = async (part: string, parts: JobParts, more: Pick<JobParts, 'params' | 'secrets'> = { params: {} }) => {
    const job = {
      ...parts,
      params: { ...parts.params, ...more.params },
      secrets: { ...parts.secrets, ...more.secrets },
    };
    return (await runHostJob(context, executor, job, { part, onLine: answerGets(opened) })).results;
  };
  const verify = await driver.verify(component, opened.record, opened.manifest.finishedAt, { secret: context.secret });
  const more = verify.needsKey
    ? {
        params: await getParams(opened, 'index'),
        secrets: await opened.keys('index', { purpose: 'check', host: host.name }),
      }
    : undefined;
  const judged = driver.judge(component, opened.record, await run('point', verify, more));
  // What may be restored under a running service may also be written beside it: logs, certificates.
  const wrong = [...judged.wrong, ...(component.needsStop === false ? [] : (judged.later ?? []))];
  const asked = await driver.token?.(component);
  const said = asked ? await run('token', asked) : [];
  const answers = [...answersIn(said)].sort(([a], [b]) => (a < b ? -1 : 1));
  const compared = (driver.token ? 0 : judged.compared) + answers.length;
  if (compared === 0) {
    throw refusal(
      'ProofMissing',
      `Nothing of ${component.name} can be compared: nobody could say that ${site} has all of it.`,
      `add checks to components.${component.name} in the plan.`,
    );
  }
  const [wal] = said.flatMap((line) => walSchema.safeParse(line).data ?? []);
  const token: Token = {
    component: component.name,
    point: point.id,
    manifest: point.sha256,
    compared,
    digest: createHash('sha256').update(JSON.stringify(answers)).digest('hex'),
    answers: Object.fromEntries(answers.slice(0, mostAnswers)),
    ...(wal ? { wal: { lsn: wal.lsn, timeline: wal.timeline } } : {}),
  };
  return { token, wrong };
}

/** What is not alike, in words; empty exactly when both hold the same. */
export function differences(source: Token, target: Token): string[] {
  const { answers } = source;
  const names = [...new Set([...Object.keys(answers), ...Object.keys(target.answers)])].sort();
  const said = names
    .filter((name) => answers[name] !== target.answers[name])
    .map(
      (name) => `${name} has ${target.answers[name] ?? 'nothing'}, and the source has ${answers[name] ?? 'nothing'}`,
    );
  if (source.point !== target.point || source.manifest !== target.manifest)
    said.unshift(`it was restored from ${target.point}, and the source is ${source.point}`);
  if (said.length === 0 && source.digest !== target.digest) said.push('content of its further tables differs');
  return said;
}
