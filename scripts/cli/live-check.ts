/** Asks the world whether a plan's references lead anywhere. Reads only; each question has a short limit of its own. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkSigners } from '../../activities/approvals/check-signers.ts';
import { AwsClients } from '../../activities/clients/aws.ts';
import { observerState } from '../../activities/health/observer.ts';
import { checkDatabase } from '../../activities/plans/check-databases.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import type { Plan } from '../../domain/plan.ts';
import { isUnencrypted } from '../../domain/plan-storage.ts';
import type { SecretRef } from '../../domain/plan-values.ts';
import { layout } from '../../domain/recovery-point.ts';
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
    ...filesOf(plan).map(([what, file]): [string, () => Promise<string>] => [
      what,
      async () => {
        await readFile(resolve(folder, file));
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
    ...databaseQuestions(plan),
    ['allowed signers', () => checkSigners(plan, folder)],
    ...(plan.observer ? [observerQuestion(plan.observer.url)] : []),
  ];
  return await Promise.all(questions.map(([what, question]) => answer(what, question)));
}

/** Whether each site has the instance of a database, and the one follows the other. */
function databaseQuestions(plan: Plan): [string, () => Promise<string>][] {
  const clients = new AwsClients();
  return (plan.databases ?? []).map((database, index): [string, () => Promise<string>] => [
    `database ${database.name}`,
    async () => {
      const signal = AbortSignal.timeout(patience);
      const findings = await checkDatabase(plan, database, `databases[${index}]`, clients, signal);
      if (findings.length > 0) throw new Error(findings.map(({ fact, hint }) => `${fact} Try: ${hint}`).join(' '));
      return 'its replica follows';
    },
  ]);
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
  for (const each of plan.notices) found[`address of notice ${each.name}`] = each.url;
  return found;
}

function filesOf(plan: Plan): [string, string][] {
  return [
    ...Object.entries(plan.sites).map(([name, site]): [string, string] => [
      `certificate of site ${name}`,
      site.certificate.file,
    ]),
    ['offline certificate', plan.offline.certificate.file],
    ...plan.signer.pinned.map(({ file }): [string, string] => [`pinned signer key ${file}`, file]),
  ];
}
