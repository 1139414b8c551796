/** What the steps on a replicated server share: their input, their host jobs, and asking both servers. */
import { z } from 'zod';
import type { ServerState } from '../../../domain/databases/replica.ts';
import { hostSchema } from '../../../domain/host.ts';
import { isReplica, type ReplicaComponent } from '../../../domain/plan/component.ts';
import { helpers, partFiles } from '../../archives/job-files.ts';
import type { StepContext } from '../../context.ts';
import { askServer } from './server-state.ts';

const replicaComponent = z.custom<ReplicaComponent>((value) => isReplica(value as ReplicaComponent), {
  error: 'a component of the plan whose standby is a replica',
});

export const replicaInput = z.object({
  component: replicaComponent,
  /** The database's host on which the step acts. */
  host: hostSchema,
  /** The database's host at the other site. */
  peer: hostSchema,
});

export type ReplicaInput = z.output<typeof replicaInput>;

export async function serverParams({ name, database, port, systemUser, standby }: ReplicaComponent) {
  return {
    ...(await helpers('archives', ...partFiles)),
    ...(await helpers('databases', 'postgresql.sh', 'postgresql-server.sh')),
    component: name,
    database,
    port: String(port),
    'system-user': systemUser,
    'data-directory': standby.dataDirectory,
    start: standby.start,
    stop: standby.stop,
    slot: standby.slot,
  };
}

/** One change to a component's server at a time, whichever step makes it. */
export function lockOf({ name }: ReplicaComponent): string {
  return `component-${name}`;
}

export async function ask(
  host: z.output<typeof hostSchema>,
  component: ReplicaComponent,
  context: StepContext,
): Promise<ServerState> {
  return await askServer(await context.host(host), component, context.signal);
}

/** A host that does not answer is a state like another. */
export async function askOrSilent(
  host: z.output<typeof hostSchema>,
  component: ReplicaComponent,
  context: StepContext,
): Promise<ServerState> {
  return await ask(host, component, context).catch((error: unknown) => {
    context.signal.throwIfAborted();
    return { undone: false, why: error instanceof Error ? error.message : String(error) };
  });
}
