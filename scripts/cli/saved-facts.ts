/** Facts that `muster preview --json` printed, and the playbook of them: for the hour when nothing can be asked any more. */
import { readFile } from 'node:fs/promises';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Assessment, assessmentSchema } from '../../domain/playbook/assessment.ts';
import type { AssessCall, Compiled } from '../../domain/run/protocol.ts';

type Asked = Omit<AssessCall, 'run' | 'at'>;

/** @throws BadInput where they are not what is asked for, PlanChanged where they are of another plan */
export async function savedFacts(file: string, plan: Plan, asked: Asked): Promise<Assessment> {
  const assessment = await read(file);
  const { service, procedure, from, to, point } = asked;
  const found: Record<string, unknown> = { ...assessment, point: assessment.point?.id };
  const other = Object.entries({ service, procedure, from, to, point }).find(
    ([name, value]) => value !== undefined && found[name] !== value,
  );
  if (other) {
    const [name, value] = other;
    throw refusal(
      'BadInput',
      `${file} has the ${name} ${found[name] ?? 'none'}, and ${value} is asked for.`,
      `muster preview ${service} ${procedure} --json, with the same words, saves facts of it.`,
    );
  }
  refuseChoosing(file, assessment, asked);
  const { planHash } = await import('../../activities/plans/load-plan.ts');
  if (planHash(plan) === assessment.plan) return assessment;
  throw refusal(
    'PlanChanged',
    `The facts in ${file}, of ${assessment.at}, were found with another plan.`,
    'use the plan of then, or save new facts.',
  );
}

/** Words that choose a point. Facts have one point, chosen when they were found. */
const choosing = ['date', 'label', 'state', 'beforeDeployment', 'before', 'from'] as const;

function refuseChoosing(file: string, { point: found }: Assessment, { point, request }: Asked): void {
  const { compromise, restore = {} } = request ?? {};
  // Of a breach the compiler itself looks whether the point is old enough.
  const word = choosing.find((each) => restore[each] !== undefined && !(compromise && each === 'before'));
  if (word === undefined || point !== undefined) return;
  throw refusal(
    'BadInput',
    `${file} has the point ${found?.id ?? 'none'}, and another may be asked for: ${word} ${restore[word]}.`,
    found
      ? `--point ${found.id}, where that is the one; or save new facts with the same words.`
      : 'save new facts with the same words.',
  );
}

export async function compileSaved(
  plan: Plan,
  assessment: Assessment,
  { procedure, request }: Asked,
): Promise<{ assessment: Assessment; compiled: Compiled }> {
  const { compileWith } = await import('../../activities/planning/compile.ts');
  const call = { run: 'preview', procedure, label: 'manual', assessment, request };
  return { assessment, compiled: compileWith(plan, call, procedure) };
}

async function read(file: string): Promise<Assessment> {
  const hint = 'muster preview SERVICE PROCEDURE --json >FILE writes one.';
  const text = await readFile(file, 'utf8').catch(() => {
    throw refusal('BadInput', `${file} cannot be read.`, hint);
  });
  try {
    const json: unknown = JSON.parse(text);
    const { assessment = json } = json as { assessment?: unknown };
    return assessmentSchema.parse(assessment);
  } catch {
    throw refusal('BadInput', `${file} has no facts that this build understands.`, hint);
  }
}
