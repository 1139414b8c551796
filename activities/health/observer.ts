/** Asking the observer, which judges the service from outside. */
import {
  type Curve,
  curveSchema,
  type LostWrites,
  lostWritesSchema,
  type ObserverState,
  type Outages,
  observerStateSchema,
  outagesSchema,
} from '../../domain/observers/observer.ts';
import type { CurveSpan } from '../../domain/report/curve.ts';
import { requestText } from './request.ts';

export interface AskObserver {
  /** Base URL of its API. */
  readonly url: string;
  /** ms */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** Whether the service is healthy now, and since when. */
export async function observerState(ask: AskObserver): Promise<ObserverState> {
  return observerStateSchema.parse(await get(ask, 'state'));
}

/** Outages that were not over before `from` (ISO), oldest first. */
export async function observedOutages(ask: AskObserver, from?: string): Promise<Outages> {
  return outagesSchema.parse(await get(ask, from ? `outages?from=${encodeURIComponent(from)}` : 'outages'));
}

/** Acknowledged canary writes of a span (ISO) that the service no longer has; undefined where none are written or can be counted. */
export async function lostWrites(
  { url, timeout, signal }: AskObserver,
  span: { readonly from: string | undefined; readonly to: string },
): Promise<LostWrites | undefined> {
  const path = `${url.replace(/\/$/, '')}/lost-writes`;
  const { status, body } = await requestText(path, { method: 'POST', body: JSON.stringify(span), timeout, signal });
  return status === 200 ? lostWritesSchema.parse(JSON.parse(body)) : undefined;
}

/** Good and failed requests, bucket by bucket. */
export async function observedCurve(ask: AskObserver, { from, to, bucket }: CurveSpan): Promise<Curve> {
  const [since, until] = [from, to].map((ms) => encodeURIComponent(new Date(ms).toISOString()));
  return curveSchema.parse(await get(ask, `curve?from=${since}&to=${until}&bucket=${bucket}`));
}

async function get({ url, timeout, signal }: AskObserver, path: string): Promise<unknown> {
  const { status, body } = await requestText(`${url.replace(/\/$/, '')}/${path}`, { timeout, signal });
  if (status !== 200) throw new Error(`the observer answered ${status} to /${path.split('?')[0]}`);
  return JSON.parse(body);
}
