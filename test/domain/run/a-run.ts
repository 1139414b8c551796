/** A failover's playbook and status in the middle of things, for tests to change what they are about. */
import type { Playbook, Step } from '../../../domain/playbook/playbook.ts';
import type { RunStatus, StageStatus, StepStatus } from '../../../domain/run/run.ts';

export const declaredAt = '2026-01-02T03:00:00.000Z';

/** ms after the declaration -> ISO */
export function at(ms: number): string {
  return new Date(Date.parse(declaredAt) + ms).toISOString();
}

export function aStep(id: string, more: Partial<StepStatus> = {}): StepStatus {
  return {
    id,
    kind: 'startInstance',
    title: `Do ${id}`,
    state: 'pending',
    generation: 1,
    required: true,
    expected: 0,
    ...more,
  };
}

export function aStage(title: string, ranks: StepStatus[][], more: Partial<StageStatus> = {}): StageStatus {
  return { type: 'stage', title, state: 'pending', ranks, ...more };
}

export function aStatus(more: Partial<RunStatus> = {}): RunStatus {
  return {
    run: 'r-1',
    workflowId: 'spacetime/recovery',
    service: 'spacetime',
    procedure: 'failover',
    from: 'us-east-1',
    to: 'us-west-2',
    phase: 'executing',
    paused: false,
    needs: [],
    requestedBy: 'dana',
    reason: 'region lost',
    playbook: 'ab'.repeat(32),
    point: {
      id: '20260102_024500',
      takenAt: '2026-01-02T02:45:00.000Z',
      site: 'us-east-1',
      role: 'primary',
      label: 'hourly',
      bytes: 2_000_000,
      storedBytes: 900_000,
      components: ['database', 'files'],
      sha256: 'cd'.repeat(32),
      locations: ['west'],
      torn: 0,
    },
    facts: [
      {
        id: 'health-us-east-1',
        title: 'Health of us-east-1',
        value: 'no answer',
        state: 'bad',
        source: 'HTTP',
        took: 900,
      },
    ],
    risks: [{ id: 'old-primary-not-fenced', text: 'The old primary may still write', severity: 'high' }],
    approvals: [],
    stages: [],
    passedNoReturn: false,
    clock: {
      declared: { at: declaredAt, source: 'start of the run' },
      spoken: [],
      waiting: 0,
      expected: 750_000,
      maximum: 900_000,
    },
    timeline: [],
    queue: 'muster-us-west-2',
    ...more,
  };
}

export function aPlaybookStep(id: string, more: Partial<Step> = {}): Step {
  return {
    id,
    kind: 'startInstance',
    version: 1,
    title: `Do ${id}`,
    input: {},
    queue: 'muster-us-west-2',
    fallback: 'muster-fallback',
    limits: { startToClose: 60_000, heartbeat: 5_000, scheduleToStart: 10_000, budget: 60_000 },
    undoable: false,
    needs: [],
    required: true,
    expected: 0,
    ...more,
  };
}

export function aPlaybook(more: Partial<Playbook> = {}): Playbook {
  return {
    format: 1,
    run: 'r-1',
    service: 'spacetime',
    procedure: 'failover',
    from: 'us-east-1',
    to: 'us-west-2',
    point: '20260102_024500',
    risks: ['old-primary-not-fenced'],
    items: [{ type: 'stage', title: 'Power up', ranks: [[aPlaybookStep('start-app')]] }],
    ...more,
  };
}
