/** What the restores of a playbook would overwrite, read from the hosts; one that cannot be read says so and holds up nothing. */
import type { ToOverwrite } from '../../activities/archives/compare-present.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Playbook, stepsOf } from '../../domain/playbook/playbook.ts';
import { formatBytes } from '../views/columns.ts';
import type { Cli } from './cli.ts';

/** ms for everything together. */
const patience = 300_000;

export type Overwritten =
  | ToOverwrite
  | { readonly component: string; readonly host: string; readonly unknown: string }
  | { readonly component: string; readonly host: string; readonly into: string };

export async function overwrittenBy(cli: Cli, plan: Plan, playbook: Playbook): Promise<Overwritten[]> {
  const steps = stepsOf(playbook).filter(({ kind }) => kind === 'restoreComponent');
  const [{ comparePresent }, { readingContext }] = await Promise.all([
    import('../../activities/archives/compare-present.ts'),
    import('../../activities/runtime/reading-context.ts'),
  ]);
  const { context, close } = readingContext(plan, cli.planFolder, AbortSignal.timeout(patience));
  try {
    return await Promise.all(
      steps.map(async ({ id, input }): Promise<Overwritten> => {
        const wanted = input as unknown as Parameters<typeof comparePresent>[0] & { into?: string };
        const about = { component: wanted.component.name, host: wanted.host.name };
        if (wanted.into) return { ...about, into: wanted.into };
        try {
          return await comparePresent(wanted, { ...context, step: id });
        } catch (error) {
          return { ...about, unknown: error instanceof Error ? error.message : String(error) };
        }
      }),
    );
  } finally {
    await close();
  }
}

export function overwrittenLines(overwritten: readonly Overwritten[]): string[] {
  if (overwritten.length === 0) return [];
  return ['What would be overwritten (what is replaced is kept beside it)', ...overwritten.flatMap(linesOf), ''];
}

function linesOf(each: Overwritten): string[] {
  const name = `  ${each.component} on ${each.host}`;
  if ('into' in each) return [`${name}: nothing, it goes to ${each.into}`];
  if ('unknown' in each) return [`${name}: not known: ${each.unknown}`];
  if (each.differences.length === 0) return [`${name}: nothing differs, of ${each.compared} compared`];
  return [
    `${name}: ${each.compared} compared, the point has ${formatBytes(each.bytes)}`,
    ...each.differences.map((difference) => `    ${difference}`),
  ];
}
