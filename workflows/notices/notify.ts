/** What people are told while a run goes on. */
import { levelOf, matterOf, type NoticeEvent, outlastsRun } from '../../domain/notices/events.ts';
import type { NoticeCall } from '../../domain/run/protocol.ts';
import { assessmentQueues } from '../run/planning-activities.ts';
import type { Run } from '../run/run.ts';
import { Escalations } from './escalations.ts';
import { callAbout, Telling } from './telling.ts';

/**
 * Tells people. Never waited for by the recovery: what cannot be sent is noted and left.
 *
 * @param subject  which of several it is about: the id of a step
 */
export function notify(
  run: Run,
  event: string,
  text: string,
  severity: NoticeCall['severity'] = 'info',
  subject?: string,
): void {
  const { status, escalations } = run;
  const { procedure, service, run: id } = status;
  const level = levelOf({ event, severity, procedure }, escalations.policy?.severities);
  const matter = matterOf(event, subject);
  const fields = {
    Procedure: run.direction(),
    Status: status.phase,
    ...(status.playbook && event === 'approval-needed' ? { Playbook: status.playbook } : {}),
  };
  const said = { run: id, event, severity, text, procedure, fields };
  if (matter !== undefined && !escalations.heard({ ...said, id: matter, level })) return;
  run.telling.send({ ...said, service, matter, ...(escalations.policy ? { level } : {}) });
}

export function tellingOf(run: Run): Telling {
  return new Telling({
    queues: () => (run.plan ? [run.plan.queue, run.plan.fallback] : assessmentQueues(run)),
    note: (text) => run.note('notice', text),
  });
}

export function escalationsOf(run: Run): Escalations {
  return new Escalations((matter, what, to) => {
    if (to) run.note('notice', `nobody answered ${matter.id}: now told ${to.join(', ')}`);
    run.telling.send(callAbout(run.status.service, matter, what, to));
  });
}

/** It is decided, or mended: nobody else is told of it. */
export function settle(run: Run, event: NoticeEvent, subject?: string): void {
  const id = matterOf(event, subject);
  run.escalations.settle((matter) => matter.id === id);
}

/** The run waits for nothing any more. */
export function settleDecisions(run: Run): void {
  run.escalations.settle((matter) => !outlastsRun(matter.event));
}
