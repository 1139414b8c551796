/**
 * Compares a plan with the world it speaks of: hosts by their tags, the zone and its records, storage, secrets, certificates.
 * Reads only; for `muster plan check --live` and for readiness.
 */
import type { Plan } from '../../domain/plan/plan.ts';
import { checkDatabase } from './check-databases.ts';
import { checkSecrets, type PlanFinding } from './check-secrets.ts';
import { hostQuestions } from './world/hosts.ts';
import { certificateQuestions, signerQuestions } from './world/keys.ts';
import { questions, type WorldClients, type WorldQuestion } from './world/question.ts';
import { storageQuestions } from './world/storage.ts';
import { trafficQuestions } from './world/traffic.ts';

/** Every finding, in the order of the plan; empty when plan and world agree. Never rejects for what it finds. */
export async function checkPlanAgainstWorld(plan: Plan, clients: WorldClients): Promise<PlanFinding[]> {
  const questions = [...worldQuestions(plan, clients), ...storageQuestions(plan, clients)];
  const found = await Promise.all([
    ...questions.map(({ ask }) => ask()),
    checkSecrets(plan, (ref) => clients.secret(ref)),
  ]);
  return found.flat();
}

/** About hosts, names, databases, certificates and signers; secrets and storage are asked otherwise. */
export function worldQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  return [
    ...hostQuestions(plan, clients),
    ...trafficQuestions(plan, clients),
    ...databaseQuestions(plan, clients),
    ...certificateQuestions(plan, clients),
    ...signerQuestions(plan, clients),
  ];
}

function databaseQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const databases = (plan.databases ?? []).map((database, index) => ({
    path: `databases[${index}]`,
    what: `database ${database.name}`,
    good: 'its replica follows',
    database,
  }));
  return questions(databases, clients, async ({ path, database }, signal) =>
    checkDatabase(plan, database, path, clients, signal),
  );
}
