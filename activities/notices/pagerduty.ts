/**
 * PagerDuty's Events API v2. What somebody has to do about is an incident: opened by the notice, acknowledged and resolved with the same
 * `dedup_key`, which names service, procedure and matter, so that a backup that fails every hour is one incident and a good one closes it.
 */
import type { PagerdutyReceiver } from '../../domain/plan/notices.ts';
import { type Driver, type Notice, post } from './driver.ts';

const severities = { P0: 'critical', P1: 'error', P2: 'warning', P3: 'info' } as const;
const actions = { acknowledged: 'acknowledge', resolved: 'resolve' } as const;

/** Characters that PagerDuty takes. */
const longestSummary = 1_024;
const longestKey = 255;

export const pagerduty: Driver<PagerdutyReceiver> = async (receiver, notice, { secret, signal, now }) => {
  const routingKey = (await secret(receiver.routingKey)).trim();
  const body = JSON.stringify({ routing_key: routingKey, ...eventOf(notice, now()) });
  return await post(receiver.url, { body }, signal);
};

function eventOf(notice: Notice, at: number) {
  const dedup_key = dedupKeyOf(notice);
  if (notice.change) return { event_action: actions[notice.change], dedup_key };
  return {
    event_action: 'trigger',
    dedup_key,
    client: 'Muster',
    payload: {
      summary: notice.text.slice(0, longestSummary),
      source: notice.service,
      severity: severities[notice.level],
      timestamp: new Date(at).toISOString(),
      class: notice.event,
      custom_details: { ...notice.fields, Run: notice.run, Severity: notice.level },
    },
  };
}

/** A test is an incident of its own each time. */
function dedupKeyOf({ service, procedure, run, matter }: Notice): string {
  return ['muster', service, procedure ?? run, matter ?? run].join('/').slice(0, longestKey);
}
