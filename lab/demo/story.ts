/** The demo's scenes, each a command that a person would type. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { reportSchema } from '../../domain/report.ts';
import { renderReportMarkdown } from '../../domain/report-markdown.ts';
import type { connectLab } from '../client.ts';
import { primary } from '../layout.ts';
import { checkout, labPaths } from '../paths.ts';
import { until } from '../shell.ts';
import { observed } from './observed.ts';
import { stage } from './stage.ts';
import { verdict } from './verdict.ts';

type Lab = ReturnType<typeof connectLab>;

export interface StoryOptions {
  readonly interactive: boolean;
  readonly files?: string;
  readonly megabytes?: string;
  readonly rows?: string;
  readonly signal: AbortSignal;
}

/** Answers the exit status: 0 when the service is back and the report is written. */
export async function tellStory(lab: Lab, options: StoryOptions): Promise<number> {
  const { scene, muster, musterJson, run } = stage(lab, options.signal);

  scene('SpaceTime is installed in us-east-1 and takes writes');
  const sizes = ['files', 'megabytes', 'rows'].flatMap((name) => {
    const value = options[name as 'files' | 'megabytes' | 'rows'];
    return value ? [`--${name}`, value] : [];
  });
  await run([process.execPath, join(checkout, 'lab/spacetime/seed.ts'), ...sizes]);
  await until('the observer sees writes acknowledged', async () => (await observed(lab).state()).acknowledged > 0);

  scene('A full backup: sealed, signed, copied to the other region');
  await muster(['backup', 'spacetime', '--by', 'demo', '--watch']);
  await muster(['points', 'spacetime']);

  scene(`${primary} dies, under live writes`);
  const before = (await observed(lab).state()).acknowledged;
  await until(
    'more writes are acknowledged after the backup',
    async () => (await observed(lab).state()).acknowledged > before + 5,
  );
  await lab.kill(primary);
  const killed = Date.now();
  await until('the observer sees the outage', async () => (await observed(lab).state()).state === 'failing');
  console.log(`  the observer noticed after ${((Date.now() - killed) / 1000).toFixed(1)} s`);

  scene('A disaster is declared: failover to us-west-2');
  await muster(['failover', 'spacetime', '--by', 'night-shift', '--reason', `${primary} does not answer`]);
  await muster(['watch', 'spacetime', '--until-needed'], { accept: [0, 5] });

  scene('Go or no-go');
  const status = (await musterJson(['status', 'spacetime'])) as { risks?: { id: string }[] };
  const risks = (status.risks ?? []).map((risk) => risk.id);
  const approve = ['approve', 'spacetime', '--by', 'duty-manager'];
  if (!options.interactive) approve.push('--yes', ...(risks.length > 0 ? ['--accept', risks.join(',')] : []));
  else console.log(`  here, in another terminal, or in the Temporal UI: ${lab.state.relays.ui}`);
  // A person may decide elsewhere, or not at this prompt: whatever becomes of it, the run is what is watched.
  await muster(approve, options.interactive ? { accept: [0, 2, 64] } : {});
  const ended = await muster(['watch', 'spacetime'], { accept: [0, 4, 5] });

  scene('What happened');
  const report = reportSchema.parse(await musterJson(['report', 'spacetime']));
  console.log(headOf(renderReportMarkdown(report)));
  const from = new Date(report.point?.takenAt ?? killed);
  const [outages, writes] = [
    await observed(lab).outages(new Date(killed - 10_000)),
    await observed(lab).lostWrites(from),
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
