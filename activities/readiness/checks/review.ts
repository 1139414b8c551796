/** Whether the plan's own review is due. */
import { lack } from '../../../domain/readiness/readiness.ts';
import type { ReadinessCheck } from '../check.ts';

const mend = () => 'go through the plan with its owner, then set review.last and review.next in it';

export const review: ReadinessCheck = {
  id: 'review',
  title: 'Review of the plan',
  mend,
  async ask({ context, now }) {
    const { review: dates } = context.plan;
    if (!dates) return { skipped: 'the plan names no review' };
    const seen = `the last was on ${dates.last}, the next is due on ${dates.next}`;
    // On the day itself there is still time.
    const overdue = dates.next < now.toISOString().slice(0, 10);
    return {
      lacking: overdue ? [lack('late', 'review', `the review of the plan was due on ${dates.next}`, mend())] : [],
      seen,
    };
  },
};
