/** HTML out of pieces: whatever is put into a template is escaped, unless it is HTML already. Pure, and without Node. */

/** Markup as it stands. Only templates of our own make one, so that nothing a host or a person wrote can be one. */
export class Html {
  private readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

type Piece = Html | string | number | undefined | false | readonly Piece[];

/** html`<p>${text}</p>`: text is escaped, also within a quoted attribute; lists are joined, `undefined` and `false` vanish. */
export function html(parts: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(parts.map((part, index) => `${part}${markupOf(pieces[index])}`).join(''));
}

/** Characters that end an element or an attribute, that no document may hold, or that turn the direction of what is read. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (found) => ('\n\t'.includes(found) ? found : '\uFFFD'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text in which `words between backticks` are names to copy. */
export function withCode(text: string): Html {
  const pieces = text.split('`').map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : piece));
  return html`${pieces}`;
}

/** Longer text is cut, and shows that it was. */
export function cut(text: string, most = 400): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function markupOf(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.toString();
  return typeof piece === 'object' ? piece.map(markupOf).join('') : escaped(String(piece));
}
