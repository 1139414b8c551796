/**
 * A webhook of yours: the notice as JSON. With a secret it is signed as requests to `muster webhook` are, and says more: how urgent it is,
 * what it is about, and later that somebody looks after it or that it is over, so that tickets and status pages can follow.
 */
import { randomUUID } from 'node:crypto';
import type { WebhookReceiver } from '../../domain/plan/notices.ts';
import { type Driver, type Notice, post } from './driver.ts';
import { signatureOf } from './signature.ts';

/** Characters; anything shorter could be guessed. */
const shortest = 16;

export const webhook: Driver<WebhookReceiver> = async (receiver, notice, { secret, signal, now }) => {
  const url = (await secret(receiver.url)).trim();
  if (!receiver.secret) return await post(url, { body: JSON.stringify(plainOf(notice)) }, signal);
  const key = (await secret(receiver.secret)).trim();
  if (key.length < shortest) return `its secret has less than ${shortest} characters`;
  const at = now();
  const timestamp = String(Math.floor(at / 1000));
  const delivery = randomUUID();
  const body = JSON.stringify(fullOf(notice, at));
  const headers = {
    'muster-timestamp': timestamp,
    'muster-delivery': delivery,
    'muster-signature': signatureOf(key, timestamp, delivery, body),
  };
  return await post(url, { body, headers }, signal);
};

/** What receivers have always been sent. */
function plainOf({ service, run, event, severity, text, fields }: Notice) {
  return { service, run, event, severity, text, fields };
}

function fullOf(notice: Notice, at: number) {
  const { level, procedure, matter, change = 'told' } = notice;
  return { ...plainOf(notice), level, procedure, matter, change, at: new Date(at).toISOString() };
}
