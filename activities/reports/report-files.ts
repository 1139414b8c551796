/** The files of a report and what proves them: a list of hashes, and its signature by the signer that the plan pins. */

import { renderReportHtml } from '../../domain/report/html/run.ts';
import { renderReportMarkdown } from '../../domain/report/markdown.ts';
import type { Report } from '../../domain/report/report.ts';
import { type Signer, sha256Of } from '../points/signer.ts';

/** Name to content, in the order in which they are written: who finds the signature finds all that it stands for. */
export type Files = Readonly<Record<string, Buffer>>;

export function reportFiles(report: Report, signer: Signer | undefined): Files {
  return withHashes(
    {
      'report.json': `${JSON.stringify(report, null, 2)}\n`,
      'report.md': renderReportMarkdown(report),
      'report.html': renderReportHtml(report),
    },
    'report.sha256',
    signer,
  );
}

/** Adds the list as `sha256sum -c` reads it, and `<list>.sig`: Ed25519 over the list's bytes. Without a signer there is none. */
export function withHashes(texts: Readonly<Record<string, string>>, list: string, signer: Signer | undefined): Files {
  const hashes = Object.entries(texts).map(([name, text]) => `${sha256Of(text)}  ${name}\n`);
  const bytes = Buffer.from(hashes.join(''));
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])),
    [list]: bytes,
    ...(signer ? { [`${list}.sig`]: signer.sign(bytes) } : {}),
  };
}
