/** Everything the lab needs from outside the checkout, found or built. */

import { type BuildOptions, goTool } from './go.ts';
import { moto } from './moto.ts';
import { ensurePackages } from './packages.ts';
import { platformTrouble } from './platform.ts';

export type Tools = { temporal: string; versitygw: string; python: string };

/** Idempotent and safe to run twice at once. Errors name the command that helps. */
export async function ensureTools(options: BuildOptions): Promise<Tools> {
  const trouble = await platformTrouble();
  if (trouble) throw new Error(trouble);
  await ensurePackages(options);
  const python = await moto(options);
  // One build after the other: each uses all cores.
  const versitygw = await goTool('versitygw', options);
  const temporal = await goTool('temporal', options);
  return { temporal, versitygw, python };
}
