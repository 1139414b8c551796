/** Whether people can be told: who took the last notices and the last test of them, and when somebody last acknowledged one. */
import { formatDuration } from '../../../domain/duration.ts';
import { newestTests } from '../../../domain/notices/test.ts';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { readReach } from '../../notices/reach.ts';
import { readNoticeTests } from '../../notices/tests.ts';
import { openStores } from '../../storage/open-stores.ts';
import type { Look, ReadinessCheck } from '../check.ts';

const mend = ({ context: { plan } }: Look) => `muster notices test ${plan.service}`;

export const notices: ReadinessCheck = {
  id: 'notices',
  title: 'Notices reach somebody',
  mend,
  async ask(look) {
    const { context, settings, now } = look;
    const { plan } = context;
    if (plan.notices.length === 0) {
      const nobody = lack('late', 'notices', 'the plan names nobody who is told', 'add notices to the plan');
      return { lacking: [nobody], seen: 'none' };
    }
    const stores = await openStores(Object.keys(plan.storage), context);
    const { results, unread } = await readNoticeTests(plan.service, stores);
    const [silent] = unread;
    if (results.length === 0 && silent) throw new Error(`${silent.location}: ${silent.why}`);
    const { last, acknowledged } = newestTests(results);
    const names = plan.notices.map(({ name }) => name);
    const missing = ((await readReach(plan.service, names, stores)) ?? []).filter(({ missed }) => missed > 0);
    const unreached = missing.map(({ receiver, missed, since, why }) =>
      lack(
        'late',
        `notices-${receiver}`,
        `${receiver} did not take ${missed} notices since ${since}: ${why}`,
        mend(look),
      ),
    );
    if (!last && unreached.length === 0) return { skipped: 'no test notice was ever sent' };
    const refused = (last?.receivers ?? [])
      .filter(({ name, sent }) => !sent && !missing.some(({ receiver }) => receiver === name))
      .map(({ name, why }) =>
        lack('late', `notices-${name}`, `${name} did not take the last test: ${why}`, mend(look)),
      );
    const at = acknowledged?.acknowledged?.at;
    const age = at === undefined ? undefined : now.getTime() - Date.parse(at);
    const seen =
      age === undefined ? 'no test notice was ever acknowledged' : `one was acknowledged ${formatDuration(age)} ago`;
    const due: Lacking[] =
      age === undefined || age > settings.notices
        ? [lack('late', 'notices', `${seen}: a test is due`, mend(look))]
        : [];
    return { lacking: [...unreached, ...refused, ...due], seen };
  },
};
