/** All processes of the lab, as data. */
import { labEnvironment } from '../environment.ts';
import { regions } from '../layout.ts';
import type { ProcessContext } from './context.ts';
import { dns, notices, proxy } from './edge.ts';
import { observer, workers } from './muster.ts';
import { moto, store, temporal } from './servers.ts';
import type { ProcessSpec } from './spec.ts';

/** Without these there is no lab. */
export function labProcesses(context: ProcessContext): ProcessSpec[] {
  return wanted(context, [
    temporal(context),
    moto(context, 'global'),
    ...regions.map(({ name }) => moto(context, name)),
    ...regions.map(({ name }) => store(context, name)),
    proxy(context),
    dns(),
    notices(context),
  ]);
}

/** What is tested in the lab; a rise goes on without them. `env` is added to what `lab exec` gives. */
export function musterProcesses(context: ProcessContext, env: Record<string, string>): ProcessSpec[] {
  const full = { ...labEnvironment(context.paths, context.credentials), ...env };
  return wanted(context, [...regions.flatMap(({ name }) => workers(context, name, full)), observer(context, full)]);
}

function wanted({ options }: ProcessContext, all: (ProcessSpec | undefined)[]): ProcessSpec[] {
  return all.filter((spec): spec is ProcessSpec => spec !== undefined && !options.without.includes(spec.name));
}
