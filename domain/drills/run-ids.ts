/** Which ids of runs may be those of drills. Pure. */
import { procedures } from '../procedures.ts';

/** A run is called by its procedure, unless somebody gave it a name: that may be anything. */
export function mayBeDrill(run: string): boolean {
  return run.startsWith('drill-') || !procedures.some((each) => run.startsWith(`${each}-`));
}
