/** One webhook request: who sent it, what it asks for, and the backup that is begun for it. Knows nothing of sockets. */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { z } from 'zod';
import { type SignedHeaders, whyUnsigned } from '../../activities/notices/signature.ts';
import { Refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { nameSchema } from '../../domain/plan/values.ts';
import { backupAsked } from '../../domain/run/backup-request.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import { type Due, dueSchema } from '../../domain/schedules/due.ts';

export interface Receiver {
  plan(service: string): Promise<Plan>;
  secret(ref: NonNullable<Plan['webhook']>['secret']): Promise<string>;
  client(): Promise<Client>;
  /** ms */
  now(): number;
}

export interface Answer {
  readonly status: 202 | 400 | 401 | 409 | 503;
  readonly body: Readonly<Record<string, unknown>>;
}

const askedSchema = z.strictObject({
  service: nameSchema,
  label: z.string().min(1).max(100).optional(),
  kind: z.enum(['full', 'incremental']).optional(),
  components: z.array(nameSchema).min(1).optional(),
  deployment: z.enum(['before', 'after']).optional(),
  version: z.string().min(1).max(200).optional(),
  commit: z.string().optional(),
  reason: z.string().max(1_000).optional(),
});

/** Characters of a secret; anything shorter could be guessed, and an empty file is no secret at all. */
const shortest = 16;

const deliverySchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{7,63}$/);

/** Nothing of a request is believed before its signature, apart from whose secret it claims to be signed with. */
export async function receive(headers: Partial<SignedHeaders>, body: Buffer, receiver: Receiver): Promise<Answer> {
  const json = parse(body);
  const service = nameSchema.safeParse((json as { service?: unknown } | undefined)?.service);
  if (!service.success) return bad('the body is no JSON object that names a service');
  const { timestamp, delivery, signature } = headers;
  if (!timestamp || !signature || !deliverySchema.safeParse(delivery).success)
    return refused(
      'muster-timestamp, muster-delivery (8 to 64 letters, digits, dashes) and muster-signature are needed',
    );
  const plan = await receiver.plan(service.data).catch(() => undefined);
  // Whoever has no secret does not learn which services there are.
  if (!plan?.webhook) return refused('the signature is not good');
  const secret = await receiver.secret(plan.webhook.secret).catch(() => '');
  if (secret.trim().length < shortest)
    return { status: 503, body: { error: 'this receiver is not ready: see its secret' } };
  const why = whyUnsigned(secret.trim(), { timestamp, delivery: delivery as string, signature }, body, receiver.now());
  if (why) return refused(why);

  const asked = askedSchema.safeParse(json);
  if (!asked.success)
    return bad(asked.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '));
  try {
    return await begin(dueOf(plan, asked.data, delivery as string), delivery as string, receiver);
  } catch (error) {
    if (error instanceof Refusal) return bad(error.message);
    return { status: 503, body: { error: 'Temporal did not take it; send it again with another delivery' } };
  }
}

function dueOf(plan: Plan, asked: z.output<typeof askedSchema>, delivery: string): Due {
  const { label, kind, components, deployment, version, commit } = asked;
  const deployed = version ?? true;
  const request = backupAsked(
    {
      label,
      kind,
      components,
      commit,
      ...(deployment === 'before' ? { beforeDeployment: deployed } : {}),
      ...(deployment === 'after' ? { afterDeployment: deployed } : {}),
    },
    plan.components,
  );
  return dueSchema.parse({
    service: plan.service,
    name: 'webhook',
    procedure: 'backup',
    by: 'webhook',
    reason: asked.reason ?? `asked for by webhook ${delivery}`,
    overlap: 'wait',
    wait: plan.webhook?.wait,
    patience: plan.webhook?.patience,
    run: `webhook-${delivery}`,
    ...request,
  });
}

/** A delivery is the id of what it starts, and an id is taken once: a replay is refused for as long as Temporal remembers. */
async function begin(due: Due, delivery: string, receiver: Receiver): Promise<Answer> {
  const workflowId = `${due.service}/webhook-${delivery}`;
  const client = await receiver.client();
  try {
    await client.workflow.start('scheduled', {
      workflowId,
      taskQueue: workflowQueue,
      args: [due],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `backup of ${due.service}, labelled ${due.label}, by webhook`.slice(0, 180),
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      return { status: 409, body: { error: 'this delivery was taken before', workflowId, run: due.run } };
    throw error;
  }
  return { status: 202, body: { service: due.service, run: due.run, workflowId, label: due.label } };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function bad(error: string): Answer {
  return { status: 400, body: { error } };
}

function refused(error: string): Answer {
  return { status: 401, body: { error } };
}
