/** The demo's scenes, each a command that a person would type. */
import { join } from 'node:path';
import type { connectLab } from '../client.ts';
import { primary } from '../layout.ts';
import { checkout } from '../paths.ts';
import { until } from '../shell.ts';
import { goAndSee } from './go-and-see.ts';
import { goHome } from './home.ts';
import { observed } from './observed.ts';
import { stage } from './stage.ts';

type Lab = ReturnType<typeof connectLab>;

export interface StoryOptions {
  readonly interactive: boolean;
  /** And home again. */
  readonly roundtrip: boolean;
  readonly files?: string;
  readonly megabytes?: string;
  readonly rows?: string;
  readonly signal: AbortSignal;
}

/** Answers the exit status: 0 when the service is back and the report is written. */
export async function tellStory(lab: Lab, options: StoryOptions): Promise<number> {
  const told = stage(lab, options.signal);
  const { scene, muster, run } = told;

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

  const ended = await goAndSee(lab, options, told, { from: (report) => report.point?.takenAt, since: killed - 10_000 });
  return ended === 0 && options.roundtrip ? await goHome(lab, options, told) : ended;
}
