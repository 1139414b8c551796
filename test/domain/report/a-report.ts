/** A report of a run that went well, for tests to change what they are about. */
import type { Report } from '../../../domain/report/report.ts';

/** @param ended  ISO; it took ten minutes */
export function aReport(ended: string, parts: Partial<Report> = {}): Report {
  const declared = new Date(Date.parse(ended) - 600_000).toISOString();
  return {
    format: 1,
    run: `backup-${declared.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-abc`,
    workflowId: 'spacetime/backup',
    service: 'spacetime',
    procedure: 'backup',
    from: 'us-east-1',
    to: 'us-east-1',
    result: 'done',
    requestedBy: 'schedule hourly',
    reason: 'due by the plan',
    times: { declared: { at: declared, source: 'run' }, ended },
    durations: { total: 600_000, waiting: 0, machine: 600_000, watch: 0 },
    rto: { verdict: 'unknown' },
    rpo: { verdict: 'unknown', basis: 'a backup restores nothing' },
    decisions: [],
    risks: [],
    gates: [],
    skipped: [],
    failed: [],
    steps: [],
    facts: [],
    timeline: [],
    ...parts,
  };
}
