/** The way home: the dead region comes back, and the service returns to it without losing a write. */
import type { connectLab } from '../client.ts';
import { primary } from '../layout.ts';
import { until } from '../shell.ts';
import { goAndSee } from './go-and-see.ts';
import { observed } from './observed.ts';
import type { stage } from './stage.ts';

/** Answers the exit status: 0 when the service is home. */
export async function goHome(
  lab: ReturnType<typeof connectLab>,
  options: { readonly interactive: boolean },
  told: ReturnType<typeof stage>,
): Promise<number> {
  const { scene, muster } = told;
  scene(`${primary} is back, with writes that nobody else has`);
  await lab.heal(primary);
  const { acknowledged } = await observed(lab).state();
  await until(
    'users write on at the other site',
    async () => (await observed(lab).state()).acknowledged > acknowledged + 20,
  );

  scene(`Home to ${primary}`);
  const asked = Date.now();
  await muster(['failback', 'spacetime', '--by', 'day-shift', '--reason', `${primary} is back`]);
  await muster(['watch', 'spacetime', '--until-needed'], { accept: [0, 5] });
  return await goAndSee(lab, options, told, { from: () => new Date(asked).toISOString(), since: asked });
}
