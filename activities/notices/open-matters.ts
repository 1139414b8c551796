/** What runs of a service have left and nobody has dealt with, asked of `<service>/notices`. */
import type { Client } from '@temporalio/client';
import { type DeskStatus, noticeDeskId } from '../../domain/notices/desk.ts';
import type { Matter } from '../../domain/notices/escalation.ts';

/** ms; whoever has something to say does not wait long to learn that it was said. */
const patience = 2_000;

/** Empty where there is none, or nobody answers in time. */
export async function openMatters(temporal: Client | undefined, service: string): Promise<readonly Matter[]> {
  if (!temporal) return [];
  const handle = temporal.workflow.getHandle(noticeDeskId(service));
  try {
    const { open } = await temporal.withDeadline(Date.now() + patience, () => handle.query<DeskStatus>('status'));
    return open;
  } catch {
    return [];
  }
}
