/** Step `pinPoint`: keeps a point from retention, or lets it go again, by a signed word at every location that has it. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { pointIdSchema } from '../../domain/points/recovery-point.ts';
import { committedBy, pointOf } from '../archives/component-input.ts';
import { writeMark } from '../points/marks.ts';
import { loadSigner } from '../points/signer.ts';
import { defineStep } from '../step.ts';
import { surveyPoint } from './survey-point.ts';

const input = z.object({
  service: z.string(),
  /** Its id, or the step of this run that commits it. */
  point: z.union([pointIdSchema, committedBy]),
  locations: z.array(z.string()).min(1),
  pinned: z.boolean(),
  reason: z.string(),
  by: z.string(),
});

export const pinPoint = defineStep({
  kind: 'pinPoint',
  version: 1,
  input,
  title: ({ point, pinned }) =>
    pinned ? `Keep ${said(point)} whatever the rules say` : `Let the rules decide about ${said(point)}`,
  shell: ({ service, point, pinned, reason }) => [
    `muster ${pinned ? 'pin' : 'unpin'} ${service} ${said(point)} --reason '${reason.replaceAll("'", "'\\''")}'`,
  ],
  limits: { startToClose: 300_000 },
  async run({ service, point: named, locations, pinned, reason, by }, context) {
    const point = typeof named === 'string' ? named : pointOf(named, context.outputs).id;
    const { found, marks, point: seen } = await surveyPoint({ service, point, locations }, context);
    const state = pinned ? 'pinned' : 'unpinned';
    const done = { outcome: state, summary: `${point} is ${state} at ${found.locations.join(' and ')}.` };
    if (pinned === (seen.pinned !== undefined)) return { ...done, outcome: `${state} already` };
    // Later than what was said before, whatever this clock says: the newest word counts.
    const newest = Math.max(0, ...marks.map(({ at }) => Date.parse(at)));
    const at = new Date(Math.max(Date.now(), newest + 1)).toISOString();
    const signer = await loadSigner(context.plan, context.secret);
    const mark = { format: 1, service, point, manifest: found.sha256, state, at, run: context.run, by } as const;
    for (const location of found.locations) {
      context.assertCurrent();
      await writeMark(await context.store(location), { ...mark, locations: [...found.locations], how: reason }, signer);
    }
    const again = await surveyPoint({ service, point, locations }, context);
    if (pinned !== (again.point.pinned !== undefined)) {
      throw refusal(
        'MarkNotSeen',
        `${point} is not ${state} although that was written.`,
        'look at the marks beside it.',
      );
    }
    return done;
  },
});

const said = (point: string | z.output<typeof committedBy>) =>
  typeof point === 'string' ? point : 'the point that was just taken';
