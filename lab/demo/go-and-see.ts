/** From the go/no-go of a run to what users saw of it: the report, and the observer's figures beside it. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { renderReportMarkdown } from '../../domain/report/markdown.ts';
import { type Report, reportSchema } from '../../domain/report/report.ts';
import type { connectLab } from '../client.ts';
import { checkout, labPaths } from '../paths.ts';
import { observed } from './observed.ts';
import type { stage } from './stage.ts';
import { verdict } from './verdict.ts';

export interface Seen {
  /** Writes acknowledged since then are asked for: ISO, out of the report. */
  from(report: Report): string | undefined;
  /** ms since the epoch; outages from then on. */
  readonly since: number;
}

/** Answers the exit status of the run. */
export async function goAndSee(
  lab: ReturnType<typeof connectLab>,
  options: { readonly interactive: boolean },
  { scene, muster, musterJson }: ReturnType<typeof stage>,
  { from, since }: Seen,
): Promise<number> {
  scene('Go or no-go');
  const status = (await musterJson(['status', 'spacetime'])) as { risks?: { id: string }[] };
  const risks = (status.risks ?? []).map((risk) => risk.id);
  const approve = ['approve', 'spacetime', '--by', 'duty-manager'];
  if (!options.interactive) approve.push('--yes', ...(risks.length > 0 ? ['--accept', risks.join(',')] : []));
  else console.log(`  here, in another terminal, or in the Temporal UI: ${lab.state.relays.ui}`);
  // A person may decide elsewhere, or not at this prompt: whatever becomes of it, the run is what is watched.
  await muster(approve, options.interactive ? { accept: [0, 2, 64] } : {});
  const ended = await muster(['watch', 'spacetime'], { accept: [0, 4, 5, 9] });

  scene('What happened');
  const report = reportSchema.parse(await musterJson(['report', 'spacetime']));
  console.log(headOf(renderReportMarkdown(report)));
  const [outages, writes] = [
    await observed(lab).outages(new Date(since)),
    await observed(lab).lostWrites(new Date(from(report) ?? since)),
  ];
  scene('Seen from outside');
  for (const line of verdict(report, { outages, writes })) console.log(line);
  const reports = join(checkout, 'reports');
  cpSync(labPaths(lab.dir).reports, reports, { recursive: true });
  console.log(`  the whole report lies in reports/${report.service}/${report.run}/report.md`);
  return ended;
}

/** Everything before the table of steps. */
function headOf(markdown: string): string {
  return markdown.split('\n## Steps')[0] ?? markdown;
}
