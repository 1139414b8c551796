/** Whether people can be told: the last test notice that somebody acknowledged. */
import { formatDuration } from '../../../domain/duration.ts';
import { lack } from '../../../domain/readiness.ts';
import { openStores } from '../../storage/open-stores.ts';
import type { ReadinessCheck } from '../check.ts';
import { lastAcknowledged } from '../last-acknowledged.ts';

const mend = () => 'send a test notice, and have somebody acknowledge it';

export const notices: ReadinessCheck = {
  id: 'notices',
  title: 'Notices reach somebody',
  mend,
  async ask({ context, settings, now }) {
    const { plan } = context;
    if (plan.notices.length === 0) {
      return {
        lacking: [lack('late', 'notices', 'the plan names nobody who is told', 'add notices to the plan')],
        seen: 'none',
      };
    }
    const at = await lastAcknowledged(await openStores(Object.keys(plan.storage), context), plan.service);
    if (!at) return { skipped: 'no test notice was ever sent' };
    const age = now.getTime() - Date.parse(at);
    const seen = `a test notice was acknowledged ${formatDuration(age)} ago`;
    return {
      lacking: age > settings.notices ? [lack('late', 'notices', `${seen}: another is due`, mend())] : [],
      seen,
    };
  },
};
