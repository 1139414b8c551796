/** The run drawn along its time: what the service did, where people were waited for, what the machines did. Pure. */
import { formatDuration } from '../../duration.ts';
import { cut, type Html, html } from '../../html.ts';
import type { Report } from '../report.ts';
import { barOf, clock, placeOf, type Scale, scaleOf, withRoom } from './scale.ts';

interface Bar {
  readonly from: string;
  readonly to: string;
  readonly what: string;
  readonly kind: string;
}

/** Undefined where nothing lasted. The watch at the end is not drawn to scale: it is often longer than all before it. */
export function drawTimeline(report: Report): Html | undefined {
  const { times, durations, waits = [] } = report;
  const stages = stagesOf(report);
  const exact = scaleOf([
    times.outage?.at,
    times.declared.at,
    times.recovered?.at,
    ...waits.map(({ to }) => to),
    ...stages.map(({ to }) => to),
    ...(stages.length === 0 ? [times.ended] : []),
  ]);
  if (!exact) return undefined;
  const scale = withRoom(exact);
  return html`<div class="lanes">
${serviceLane(report, scale)}${lane(
  'People',
  waits.map((wait) => ({ ...wait, kind: 'people' })),
  scale,
  peopleNote(report),
)}${lane('Machines', stages, scale, `${formatDuration(durations.machine)} of work${durations.watch > 0 ? `, then ${formatDuration(durations.watch)} of watching, not drawn` : ''}`)}${axis(scale)}</div>
${moments(report)}`;
}

/** From its first step's start to its last one's end; the watch is left out. */
function stagesOf({ steps }: Report): Bar[] {
  const found = new Map<number, Bar>();
  for (const { stage, stageTitle, watch, startedAt, finishedAt } of steps) {
    if (watch || startedAt === undefined || finishedAt === undefined) continue;
    const known = found.get(stage);
    const from = known && known.from < startedAt ? known.from : startedAt;
    const to = known && known.to > finishedAt ? known.to : finishedAt;
    found.set(stage, { from, to, what: stageTitle, kind: stage % 2 === 0 ? 'stage even' : 'stage' });
  }
  return [...found.values()].slice(0, 60);
}

/** Only what somebody outside saw is drawn as an outage. */
function serviceLane({ times, downtime, drill }: Report, scale: Scale): Html {
  const { outage, recovered } = times;
  if (!outage)
    return lane('Service', [], scale, drill ? 'a drill: nothing was to go down' : 'nobody outside saw an outage');
  const until = downtime?.until ?? (recovered?.observed ? recovered.at : undefined);
  const down = {
    from: outage.at,
    to: until ?? new Date(scale.to).toISOString(),
    what: 'no healthy answer',
    kind: 'down',
  };
  const note =
    until === undefined
      ? `down from ${clock(outage.at)}; nobody outside saw it come back`
      : `down for ${lasted(outage.at, until)} (${outage.source})`;
  return lane('Service', [down], scale, note);
}

function peopleNote({ durations, waits }: Report): string {
  if (durations.waiting === 0) return 'nobody was waited for';
  const when = waits === undefined ? '; when, this report does not say' : '';
  return `${formatDuration(durations.waiting)} spent waiting for people${when}`;
}

function lane(name: string, bars: readonly Bar[], scale: Scale, note: string): Html {
  const drawn = bars.map(({ from, to, what, kind }) => {
    const { x, width } = barOf(from, to, scale);
    return html`<rect class="${kind}" x="${x}%" y="2" width="${width}%" height="20"><title>${cut(what, 120)}: ${clock(from)} to ${clock(to)}</title></rect>`;
  });
  return html`<div class="lane"><div class="name">${name}</div><svg width="100%" height="24" role="img" aria-label="${name}: ${note}"><rect class="ground" x="0" y="2" width="100%" height="20"/>${drawn}</svg><div class="about">${note}</div></div>\n`;
}

function axis({ from, to }: Scale): Html {
  const ends = [from, to].map((ms) => clock(new Date(ms).toISOString()));
  return html`<div class="lane axis"><div class="name"></div><div class="ends"><span>${ends[0] ?? ''}</span><span>${ends[1] ?? ''} UTC</span></div></div>\n`;
}

/** By two clocks, of which one may be wrong: nothing lasts less than no time. */
function lasted(from: string, to: string): string {
  return formatDuration(Math.max(0, Date.parse(to) - Date.parse(from)));
}

/** The moments that count, with the time since the declaration. */
function moments({ times, waits = [] }: Report): Html {
  const since = (at: string) => {
    const ms = Date.parse(at) - Date.parse(times.declared.at);
    return ms < 0 ? `${formatDuration(-ms)} before` : `+${formatDuration(ms)}`;
  };
  const entries: { at: string; text: string }[] = [
    ...(times.outage ? [{ at: times.outage.at, text: `the outage began (${times.outage.source})` }] : []),
    { at: times.declared.at, text: `declared (${times.declared.source})` },
    ...waits.slice(0, 8).map(({ from, to, what }) => ({
      at: from,
      text: `waited ${lasted(from, to)}: ${what}`,
    })),
    ...(times.recovered
      ? [
          {
            at: times.recovered.at,
            text: `the service was back (${times.recovered.source}${times.recovered.observed ? '' : ', not seen from outside'})`,
          },
        ]
      : []),
    { at: times.ended, text: 'the run ended' },
  ];
  const rows = entries
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .map(
      ({ at, text }) =>
        html`<li><time>${clock(at)}</time><span class="since">${at === times.declared.at ? '' : since(at)}</span><span>${cut(text, 200)}</span></li>\n`,
    );
  return html`<ol class="moments">${rows}</ol>`;
}

/** Where a moment lies, for lines across drawings of the same scale. */
export function markerOf(at: string, scale: Scale, kind: string, title: string): Html {
  const x = placeOf(at, scale);
  return html`<line class="marker ${kind}" x1="${x}%" x2="${x}%" y1="0" y2="100%"><title>${title}: ${clock(at)}</title></line>`;
}
