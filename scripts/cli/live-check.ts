/** Asks the world whether a plan's references lead anywhere. Reads only; each question has a short limit of its own. */
import { checkSigners } from '../../activities/approvals/check-signers.ts';
import { AwsClients } from '../../activities/clients/aws.ts';
import { observerState } from '../../activities/health/observer.ts';
import { worldQuestions } from '../../activities/plans/check-world.ts';
import type { WorldClients, WorldQuestion } from '../../activities/plans/world/question.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { secretsOfReceiver } from '../../domain/plan/notices.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { isUnencrypted } from '../../domain/plan/storage.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { within } from './within.ts';

export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

const patience = 5_000;

export async function liveFindings(plan: Plan, folder: string): Promise<Finding[]> {
  const secret = (ref: SecretRef) => resolveSecret(ref, folder);
  const questions: [string, () => Promise<string>][] = [
    ...Object.entries(secretsOf(plan)).map(([what, ref]): [string, () => Promise<string>] => [
      what,
      async () => {
        await secret(ref);
        return 'is there';
      },
    ]),
    ...Object.keys(plan.storage).map((name): [string, () => Promise<string>] => [
      `storage location ${name}`,
      async () => {
        const store = await openStore(plan, name, secret);
        const without = isUnencrypted(plan.storage[name])
          ? ', WITHOUT TLS: who listens on the way can use its signed URLs'
          : '';
        for await (const _ of store.list(layout.points(plan.service)))
          return `answers, and holds recovery points${without}`;
        return `answers, and holds no recovery point yet${without}`;
      },
    ]),
    ...worldQuestions(plan, worldClients(plan, folder)).map(asked),
    ['allowed signers', () => checkSigners(plan, folder)],
    ...(plan.observer ? [observerQuestion(plan.observer.url)] : []),
  ];
  return await Promise.all(questions.map(([what, question]) => answer(what, question)));
}

/** As a question of here: what differs, with its place in the plan, is why it fails. */
function asked({ what, good, ask }: WorldQuestion): [string, () => Promise<string>] {
  return [
    what,
    async () => {
      const findings = await ask();
      if (findings.length > 0)
        throw new Error(findings.map(({ path, fact, hint }) => `${path}: ${fact} Try: ${hint}`).join(' '));
      return good;
    },
  ];
}

function worldClients(plan: Plan, planFolder: string): WorldClients {
  const clients = new AwsClients();
  const secret = (ref: SecretRef) => resolveSecret(ref, planFolder);
  return {
    ec2: (region) => clients.ec2(region),
    rds: (region) => clients.rds(region),
    route53: () => clients.route53(),
    store: (location) => openStore(plan, location, secret),
    secret,
    planFolder,
    now: () => new Date(),
    // Its own word of what did not answer comes before ours.
    limit: patience - 500,
  };
}

function observerQuestion(url: string): [string, () => Promise<string>] {
  return [
    `observer at ${url}`,
    async () => {
      const state = await observerState({ url, timeout: patience });
      return `answers: the service is ${state.state}`;
    },
  ];
}

async function answer(what: string, question: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, found: await within(patience, question()) };
  } catch (error) {
    return { what, ok: false, found: error instanceof Error ? error.message : String(error) };
  }
}

function secretsOf(plan: Plan): Record<string, SecretRef> {
  const found: Record<string, SecretRef> = { 'signing key': plan.signer.key };
  for (const [name, site] of Object.entries(plan.sites)) {
    found[`key of site ${name}`] = site.key;
    found[`SSH key of ${name}`] = site.ssh.key;
    found[`known hosts of ${name}`] = site.ssh.knownHosts;
  }
  for (const receiver of plan.notices)
    for (const [path, ref] of secretsOfReceiver(receiver)) found[`${path} of notice ${receiver.name}`] = ref;
  return found;
}
