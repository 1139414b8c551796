/** Sends one notice to one receiver, within a short limit. The address is a secret and stands in no error. */
import type { NoticeCall } from '../../domain/protocol.ts';
import { requestText } from '../health/request.ts';

export type Notice = NoticeCall;

export interface Receiver {
  readonly name: string;
  readonly kind: 'slack' | 'webhook';
}

/** ms, name and connection included. */
const limit = 4_000;
const colours = { info: 'good', warning: 'warning', danger: 'danger' } as const;

/** Empty when it was taken, else why not. */
export async function post(receiver: Receiver, url: string, notice: Notice, signal?: AbortSignal): Promise<string> {
  const body = JSON.stringify(receiver.kind === 'slack' ? slackBody(notice) : notice);
  try {
    const { status } = await requestText(url, { method: 'POST', body, timeout: limit, signal });
    return status >= 200 && status <= 299 ? '' : `it answered ${status}`;
  } catch (error) {
    signal?.throwIfAborted();
    return scrub(error, url);
  }
}

/** Slack's incoming webhook: the runbook's shape, with a coloured attachment of fields. */
function slackBody(notice: Notice) {
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

function scrub(error: unknown, url: string): string {
  const named = error as NodeJS.ErrnoException;
  if (named.code === 'ERR_INVALID_URL') return 'its address is not a URL';
  return (named.code ?? named.message ?? String(error)).replaceAll(url, 'its address');
}
