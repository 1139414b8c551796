/** What fired, when, and when it ended: read from what Prometheus stored of its own alerts, so that none is missed between two looks. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Prometheus, Series } from './prometheus.ts';

/** Times in ms. */
export interface Firing {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Since when its expression held; `firedAt` where the rule waits for nothing. */
  readonly activeAt: number;
  readonly firedAt: number;
  /** Undefined while it fires. */
  readonly resolvedAt?: number;
}

/** Looks at the rules are a second apart; a busy machine may miss some, which ends no alert. */
const apart = 5_000;

export function watchAlerts(prometheus: Prometheus) {
  const seen = new Set<string>();

  /** All that fired since then, in the order they did; one that fires again is there again. */
  async function since(from: number): Promise<Firing[]> {
    const seconds = Math.ceil((Date.now() - from) / 1_000) + 60;
    const found = await prometheus.query(`ALERTS[${seconds}s]`);
    return firings(found, Date.now())
      .filter(({ firedAt, resolvedAt }) => firedAt >= from || (resolvedAt ?? Number.POSITIVE_INFINITY) >= from)
      .sort((a, b) => a.firedAt - b.firedAt);
  }

  /**
   * Waits until it fires, of these labels.
   *
   * @param within  ms after `from` that it must have fired by
   * @param from    ms: when its cause began
   */
  async function fired(alert: string, { within, from, labels = {} }: Wanted): Promise<Firing> {
    const match = (each: Firing) => each.alert === alert && has(each, labels) && each.firedAt >= from;
    // What fired in time is still told a moment later.
    for (const limit = from + within + apart; ; await pause(500)) {
      const all = await since(from);
      const found = all.find(match);
      if (found && found.firedAt <= from + within) {
        seen.add(alert);
        return found;
      }
      if (found)
        throw new Error(
          `${alert} fired ${(found.firedAt - from) / 1_000} s after its cause, not within ${within / 1_000} s.`,
        );
      if (Date.now() > limit)
        throw new Error(`${alert} did not fire within ${within / 1_000} s. Of this fired: ${told(all)}.`);
    }
  }

  /**
   * Waits until it does not fire any more, of these labels; answers the last one that did.
   *
   * @param within  ms from now
   * @param from    ms: what ended before is not looked at
   */
  async function resolved(alert: string, { within, from, labels = {} }: Wanted): Promise<Firing> {
    for (const limit = Date.now() + within; ; await pause(500)) {
      const all = (await since(from)).filter((each) => each.alert === alert && has(each, labels));
      const last = all.at(-1);
      if (!last) throw new Error(`${alert} did not fire.`);
      if (all.every(({ resolvedAt }) => resolvedAt !== undefined)) return last;
      if (Date.now() > limit) throw new Error(`${alert} still fires after ${within / 1_000} s more: ${told(all)}.`);
    }
  }

  /** @throws with all that began to fire since then and is none of these */
  async function nothingElseFired(from: number, except: readonly string[] = []): Promise<void> {
    const strange = (await since(from)).filter(({ alert, firedAt }) => firedAt >= from && !except.includes(alert));
    if (strange.length > 0) throw new Error(`There fired also: ${told(strange)}.`);
  }

  /** Waits until nothing fires but these. */
  async function quiet({ within, except = [] }: { within: number; except?: readonly string[] }): Promise<void> {
    for (const limit = Date.now() + within; ; await pause(500)) {
      const now = await prometheus.query('ALERTS{alertstate="firing"}');
      const left = now.filter(({ labels }) => !except.includes(labels.alertname ?? ''));
      if (left.length === 0) return;
      if (Date.now() > limit) throw new Error(`Still firing: ${left.map(({ labels }) => words(labels)).join('; ')}.`);
    }
  }

  /** Time passes, and nothing but these fires meanwhile. */
  async function quietFor(ms: number, except: readonly string[] = []): Promise<void> {
    for (const from = Date.now(); Date.now() < from + ms; await pause(2_000)) await nothingElseFired(from, except);
  }

  return { seen, since, fired, resolved, nothingElseFired, quiet, quietFor };
}

interface Wanted {
  readonly within: number;
  readonly from: number;
  readonly labels?: Readonly<Record<string, string>>;
}

function has({ labels }: Firing, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** In: `ALERTS` over a range. A gap that is longer than looks are apart ends an alert. */
export function firings(series: readonly Series[], now: number): Firing[] {
  const pending = series.filter(({ labels }) => labels.alertstate === 'pending');
  return series
    .filter(({ labels }) => labels.alertstate === 'firing')
    .flatMap((each) => {
      const labels = own(each);
      const waits = pending.filter((other) => words(own(other)) === words(labels)).flatMap(stretches);
      return stretches(each).map(([firedAt, last]) => ({
        alert: each.labels.alertname ?? '',
        labels,
        activeAt: waits.find(([, end]) => end < firedAt && firedAt - end < apart)?.[0] ?? firedAt,
        firedAt,
        ...(now - last < apart ? {} : { resolvedAt: last }),
      }));
    });
}

function stretches({ values }: Series): [number, number][] {
  const found: [number, number][] = [];
  for (const { at } of values) {
    const last = found.at(-1);
    if (last && at - last[1] < apart) last[1] = at;
    else found.push([at, at]);
  }
  return found;
}

function own({ labels: { __name__, alertname, alertstate, ...labels } }: Series): Record<string, string> {
  return { alertname: alertname ?? '', ...labels };
}

function told(all: readonly Firing[]): string {
  const one = ({ labels, firedAt, resolvedAt }: Firing) =>
    `${words(labels)} at ${new Date(firedAt).toISOString()}${resolvedAt ? ` until ${new Date(resolvedAt).toISOString()}` : ''}`;
  return all.length === 0 ? 'nothing' : all.map(one).join('; ');
}

function words({ alertname, severity, team, escalate, ...labels }: Readonly<Record<string, string>>): string {
  return [alertname, ...Object.values(labels)].join(' ');
}
