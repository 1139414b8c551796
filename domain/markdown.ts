/** Markdown that survives what hosts and people write into it. Pure, and without Node: the workflow sandbox uses it. */

/** A titled table; cells become one line each. Without rows: nothing. */
export function markdownTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(cell)))].join(
    '\n',
  );
}

/** A titled list; without lines: nothing. */
export function markdownList(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`## ${title}`, '', ...lines.map((line) => `- ${oneLine(line)}`)].join('\n');
}

/** One line, and no HTML from a host or a person. */
export function oneLine(raw: string): string {
  return raw.replace(/\s+/g, ' ').replaceAll('<', '&lt;').trim();
}

/** Parts with a blank line between; empty ones vanish. */
export function joinParts(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Cuts at a line end so that text and notice fit into so many UTF-8 bytes. */
export function cutTo(text: string, limit: number, notice: string): string {
  let left = limit - byteLength(notice);
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    left -= byteLength(line) + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return kept.join('\n').trimEnd() + notice;
}

/** UTF-8 bytes, without Buffer. */
export function byteLength(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Long error messages must not push the table out of the page. */
function cell(raw: string): string {
  const flat = oneLine(raw).replaceAll('|', '\\|');
  return flat.length > 300 ? `${flat.slice(0, 297)}...` : flat;
}
