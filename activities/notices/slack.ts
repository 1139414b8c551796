/** Slack's incoming webhook: the runbook's shape, with a coloured attachment of fields. */
import type { SlackReceiver } from '../../domain/plan/notices.ts';
import { type Driver, type Notice, post } from './driver.ts';

const colours = { info: 'good', warning: 'warning', danger: 'danger' } as const;

export const slack: Driver<SlackReceiver> = async (receiver, notice, { secret, signal }) =>
  await post((await secret(receiver.url)).trim(), { body: JSON.stringify(bodyOf(notice)) }, signal);

function bodyOf(notice: Notice) {
  const fields = { ...notice.fields, Run: notice.run };
  return {
    text: notice.text,
    attachments: [
      {
        color: colours[notice.severity],
        fields: Object.entries(fields).map(([title, value]) => ({ title, value, short: value.length <= 40 })),
      },
    ],
  };
}
