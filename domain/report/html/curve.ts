/** The observer's curve: good requests above failed ones, stretch by stretch, with the moments of the run across it. Pure. */
import { formatDuration } from '../../duration.ts';
import { type Html, html } from '../../html.ts';
import type { Report } from '../report.ts';
import { clock, type Scale } from './scale.ts';
import { markerOf } from './timeline.ts';

const height = 120;

/** "Not observed" where there is no curve: none is ever made up. */
export function drawCurve({ curve, times }: Report): Html {
  if (!curve) return html`<p class="note">Not observed: this report has no requests of an observer.</p>`;
  const { bucketMs, good, failed, source } = curve;
  const from = Date.parse(curve.from);
  const scale: Scale = { from, to: from + bucketMs * good.length };
  const most = Math.max(1, ...good.map((count, index) => count + (failed[index] ?? 0)));
  const sums = [good, failed].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  const blind = good.filter((count, index) => count + (failed[index] ?? 0) === 0).length;
  const columns = good.map((count, index) => column(index, good.length, count, failed[index] ?? 0, most));
  const markers = [
    times.outage && markerOf(times.outage.at, scale, 'bad', 'the outage began'),
    markerOf(times.declared.at, scale, '', 'declared'),
    times.recovered && markerOf(times.recovered.at, scale, 'good', 'the service was back'),
  ];
  const words = `${sums[0]} good and ${sums[1]} failed requests, ${formatDuration(bucketMs)} a column, at most ${most} in one (${source})`;
  return html`<svg class="curve" width="100%" height="${height}" role="img" aria-label="${words}"><rect class="ground" x="0" y="0" width="100%" height="${height}"/>${columns}${markers}</svg>
<div class="ends"><span>${clock(curve.from)}</span><span>${clock(new Date(scale.to).toISOString())} UTC</span></div>
<p class="legend"><span><i class="fill good"></i>good</span> <span><i class="fill bad"></i>failed</span> <span><i class="blind"></i>nobody looked</span> <span><i class="marker bad"></i>outage began</span> <span><i class="marker"></i>declared</span> <span><i class="marker good"></i>back</span></p>
<p>${words}.${blind > 0 ? ` In ${blind} of ${good.length} columns nobody looked.` : ''}</p>`;
}

function column(index: number, count: number, good: number, failed: number, most: number): Html {
  const at = (n: number) => Math.round((n / count) * 100_000) / 1_000;
  const x = at(index);
  const width = Math.round((at(index + 1) - x) * 1_000) / 1_000;
  if (good + failed === 0) return html`<rect class="blind" x="${x}%" y="0" width="${width}%" height="${height}"/>`;
  const tall = (n: number) => Math.round((n / most) * (height - 6));
  const [low, high] = [tall(failed), tall(good)];
  return html`<rect class="fill bad" x="${x}%" y="${height - low}" width="${width}%" height="${low}"/><rect class="fill good" x="${x}%" y="${height - low - high}" width="${width}%" height="${high}"/>`;
}
