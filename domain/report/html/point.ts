/** The recovery point of a run and what stands behind it. Pure. */
import { cut, type Html, html } from '../../html.ts';
import { bytesInWords } from '../../period/words.ts';
import type { Report } from '../report.ts';
import { badge, type Tone, table } from './page.ts';
import { clock } from './scale.ts';

const tones: Record<string, Tone> = {
  proven: 'good',
  verified: 'good',
  replicated: 'plain',
  captured: 'warn',
  quarantined: 'bad',
  damaged: 'bad',
};

/** Undefined for runs that neither restored nor made one. */
export function recoveryPoint(report: Report): Html | undefined {
  const { point, made, components = [], proof } = report;
  if (!point && made === undefined) return undefined;
  return html`${point ? facts(point) : html`<p>This run made <code>${made ?? ''}</code>.</p>`}
<h3>Its proof</h3>
${proven(report.point, proof)}
${components.length > 0 && html`<h3>Components</h3>`}${table(
  ['component', 'driver', 'step', 'done', 'bytes'],
  components.map(({ component, driver, step, done, bytes }) => [
    component,
    driver,
    html`<code>${step}</code>`,
    badge(done ? 'done' : 'not done', done ? 'good' : 'bad'),
    bytes === undefined ? '' : bytesInWords(bytes),
  ]),
)}`;
}

function facts(point: NonNullable<Report['point']>): Html {
  const { id, takenAt, site, role, label, bytes, storedBytes, locations, sha256, state, quarantine, torn } = point;
  const rows: [string, Html | string][] = [
    ['Point', html`<code>${id}</code> ${state !== undefined && badge(state, tones[state] ?? 'plain')}`],
    ['State of', `${clock(takenAt)} UTC, from ${site} (${role} then)`],
    ['Label', label],
    ['Size', `${bytesInWords(bytes)}, stored ${bytesInWords(storedBytes)}`],
    ['Found good at', locations.join(', ')],
    ...Object.entries(point.at ?? {}).map(([name, shown]): [string, Html] => [
      `Copy at ${name}`,
      badge(shown, tones[shown] ?? 'plain'),
    ]),
    ...(quarantine === undefined ? [] : [['Quarantined', cut(quarantine)] as [string, string]]),
    ...(torn > 0 ? [['Torn', `${torn} paths changed while they were read`] as [string, string]] : []),
    ['Manifest', html`<code>${sha256}</code>`],
  ];
  return html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`;
}

function proven(point: Report['point'], proof: Report['proof']): Html | undefined {
  if (proof === undefined)
    return html`<p class="note">Not read: no location gave the marks of this point when the report was written${point?.state === undefined ? '' : `; when it was chosen it was ${point.state}`}.</p>`;
  if (proof.length === 0) return html`<p>Nothing was shown of it: it has no mark.</p>`;
  return table(
    ['at', 'shown', 'how', 'where', 'run or person'],
    proof.map(({ at, state, depth, how, locations, damaged = [], run, by }) => [
      clock(at),
      html`${badge(state, tones[state] ?? 'plain')}${depth === undefined ? '' : ` ${depth}`}`,
      cut(how),
      html`${locations.join(', ')}${damaged.length > 0 && html` ${badge(`damaged: ${damaged.join(', ')}`, 'bad')}`}`,
      by ?? html`<code>${run}</code>`,
    ]),
  );
}
