/** The shell of a report as HTML: one file that asks nothing of any other place, runs no script, and prints. Pure. */
import { Html, html } from '../../html.ts';
import { style } from './style.ts';

/** The whole document, as text. */
export function htmlPage({ title, body }: { title: string; body: Html }): string {
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`}`;
}

/** A titled part of the page; nothing where it has no content. */
export function section(title: string, content: Html | undefined, note?: string): Html | undefined {
  if (!content) return undefined;
  return html`<section><h2>${title}</h2>${note !== undefined && html`<p class="note">${note}</p>`}${content}</section>\n`;
}

/** A table whose rows become cards on a narrow screen; undefined without rows. Of many rows the first are shown, and how many are left out. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
  { most = 200, where = 'report.json' }: { most?: number; where?: string } = {},
): Html | undefined {
  if (rows.length === 0) return undefined;
  const line = (cells: readonly (Html | string)[]) =>
    html`<tr>${cells.map((cell, index) => html`<td data-head="${head[index] ?? ''}"${isShort(cell) && new Html(' class="short"')}>${cell}</td>`)}</tr>\n`;
  return html`<table><thead><tr>${head.map((each) => html`<th>${each}</th>`)}</tr></thead><tbody>
${rows.slice(0, most).map(line)}</tbody></table>${leftOut(rows.length, most, where)}`;
}

/** Figures and times, which nobody can read when a narrow column breaks them. */
function isShort(cell: Html | string): boolean {
  return typeof cell === 'string' && cell.length <= 19 && /^\d[\d.:a-z %-]*$/.test(cell);
}

/** Says what a bounded page does not show. */
export function leftOut(count: number, most: number, where: string): Html | undefined {
  return count > most ? html`<p class="note">${count - most} more are in ${where}.</p>` : undefined;
}

/** `good`, `warn`, `bad` and `plain` are colours of the page; the word itself says it too, for who sees no colours. */
export type Tone = 'good' | 'warn' | 'bad' | 'plain';

export function badge(text: string, tone: Tone): Html {
  return html`<span class="badge ${tone}">${text}</span>`;
}

/** One figure in a box: what it is, the figure, and what is to be known about it. */
export function figure({
  label,
  value,
  tone,
  note,
}: {
  label: string;
  value: string;
  tone: Tone;
  note?: string;
}): Html {
  return html`<div class="figure ${tone}"><div class="label">${label}</div><div class="value">${value}</div>${note !== undefined && html`<div class="about">${note}</div>`}</div>\n`;
}
