/** Addresses in the Temporal UI. A slash in a workflow id is `%2F` there. */

import { traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import type { RunInput } from '../../domain/run/run.ts';

export interface UiPlace {
  /** `http://127.0.0.1:8233`, without a slash at the end. */
  readonly base: string;
  readonly namespace: string;
}

/** `MUSTER_UI`, else where a development server of the same address has its UI. */
export function uiPlace(
  env: Readonly<Record<string, string | undefined>>,
  address: string,
  namespace: string,
): UiPlace {
  if (env.MUSTER_UI) return { base: env.MUSTER_UI.replace(/\/+$/, ''), namespace };
  const { hostname, port } = new URL(`grpc://${address}`);
  return { base: `http://${hostname}:${Number(port || 7233) + 1000}`, namespace };
}

export function runLink(ui: UiPlace, workflowId: string, runId?: string): string {
  const run = runId === undefined ? '' : `/${runId}/history`;
  return `${ui.base}/namespaces/${ui.namespace}/workflows/${encodeURIComponent(workflowId)}${run}`;
}

/** The form that starts a run by hand. Its link fills in id, queue and type; no link fills in the input, which is to be pasted. */
export function startForm(ui: UiPlace, { run: _own, ...input }: RunInput): { form: string; input: string } {
  const query = new URLSearchParams({
    workflowId: workflowIdOf(input.service, input.procedure),
    taskQueue: workflowQueue,
    workflowType: traitsOf(input.procedure).workflow,
  });
  return {
    form: `${ui.base}/namespaces/${ui.namespace}/workflows/start-workflow?${query}`,
    input: JSON.stringify(input),
  };
}
