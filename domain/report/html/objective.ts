/** What was achieved as a bar against what was expected and at most allowed. Pure. */
import { formatDuration } from '../../duration.ts';
import { type Html, html } from '../../html.ts';
import type { Report } from '../report.ts';
import { rpoWords, rtoWords } from '../words.ts';

interface Stretch {
  readonly label: string;
  readonly words: string;
  readonly parts: readonly { readonly ms: number; readonly kind: string; readonly what: string }[];
  readonly marks: readonly { readonly ms: number; readonly what: string }[];
}

/** The part that was waited for people is hatched; what nobody outside saw is an outline only. */
export function drawRto(report: Report): Html {
  const { achieved, withoutWaiting, ownCheck, expected, maximum, verdict } = report.rto;
  const people = achieved !== undefined && withoutWaiting !== undefined ? achieved - withoutWaiting : 0;
  const seen = [
    ...(achieved === undefined ? [] : [{ ms: achieved - people, kind: `fill ${toneOf(verdict)}`, what: 'machines' }]),
    ...(people > 0 ? [{ ms: people, kind: 'people', what: 'waiting for people' }] : []),
  ];
  const own =
    ownCheck === undefined
      ? []
      : [{ ms: ownCheck, kind: 'unseen', what: "the run's own check, not seen from outside" }];
  return draw({
    label: 'Recovery time (RTO)',
    words: rtoWords(report),
    parts: achieved === undefined ? own : seen,
    marks: [
      ...(expected === undefined ? [] : [{ ms: expected, what: 'expected' }]),
      ...(maximum === undefined ? [] : [{ ms: maximum, what: 'at most' }]),
    ],
  });
}

export function drawRpo(report: Report): Html {
  const { achieved, objective, verdict } = report.rpo;
  return draw({
    label: 'Data loss (RPO)',
    words: rpoWords(report),
    parts:
      achieved === undefined
        ? []
        : [{ ms: achieved, kind: `fill ${toneOf(verdict)}`, what: 'age of what was restored' }],
    marks: objective === undefined ? [] : [{ ms: objective, what: 'at most' }],
  });
}

function draw({ label, words, parts, marks }: Stretch): Html {
  const whole =
    Math.max(
      1,
      ...marks.map(({ ms }) => ms),
      parts.reduce((sum, { ms }) => sum + ms, 0),
    ) * 1.06;
  const percent = (ms: number) => Math.round((ms / whole) * 10_000) / 100;
  let before = 0;
  const bars = parts.map(({ ms, kind, what }) => {
    const x = percent(before);
    before += ms;
    return html`<rect class="${kind}" x="${x}%" y="4" width="${Math.max(0.4, percent(ms))}%" height="20"><title>${what}: ${formatDuration(ms)}</title></rect>`;
  });
  const lines = marks.map(
    ({ ms, what }) =>
      html`<line class="mark" x1="${percent(ms)}%" x2="${percent(ms)}%" y1="0" y2="28"><title>${what} ${formatDuration(ms)}</title></line>`,
  );
  return html`<div class="objective"><h3>${label}</h3>
<svg width="100%" height="28" role="img" aria-label="${label}: ${words}"><rect class="ground" x="0" y="4" width="100%" height="20"/>${bars}${lines}</svg>
<p class="legend">${[...parts.map(({ ms, kind, what }) => html`<span><i class="${kind}"></i>${what} ${formatDuration(ms)}</span> `), ...marks.map(({ ms, what }) => html`<span><i class="mark"></i>${what} ${formatDuration(ms)}</span> `)]}</p>
<p>${words}</p></div>
`;
}

export function toneOf(verdict: Report['rto']['verdict']): 'good' | 'warn' | 'bad' | 'plain' {
  if (verdict === 'met') return 'good';
  if (verdict === 'missed') return 'bad';
  return verdict === 'over expected' ? 'warn' : 'plain';
}
