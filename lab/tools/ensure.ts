/** Everything the lab needs from outside the checkout, found or built. */

import { join } from 'node:path';
import { type BuildOptions, goTool } from './go.ts';
import { ensurePackages } from './packages.ts';
import { platformTrouble } from './platform.ts';
import { pythonTool } from './python.ts';

export type Tools = { temporal: string; versitygw: string; python: string };

/** Idempotent and safe to run twice at once. Errors name the command that helps. */
export async function ensureTools(options: BuildOptions): Promise<Tools> {
  const trouble = await platformTrouble();
  if (trouble) throw new Error(trouble);
  await ensurePackages(options);
  const python = join(await pythonTool('moto', options), 'python');
  // One build after the other: each uses all cores.
  const versitygw = await goTool('versitygw', options);
  const temporal = await goTool('temporal', options);
  return { temporal, versitygw, python };
}
