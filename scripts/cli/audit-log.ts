/** The audit log of a service as it lies at every location that the plan names. */
import { readAudit } from '../../activities/audit/read-audit.ts';
import { loadPinned } from '../../activities/points/signer.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Cli } from './cli.ts';

/** @param run  only this one. `code` is the exit status where nothing else is wrong: no answer when no location could be read */
export async function readLog(cli: Cli, service: string, run?: string) {
  const { plan } = await cli.plan(service);
  const signers = await loadPinned(plan, cli.planFolder);
  const { stores, unreachable } = await openLocations(plan, cli.planFolder);
  const found = await readAudit(stores, service, signers, run);
  const away = [...unreachable, ...found.unreachable];
  const code = found.places.length === 0 ? exitCodes.noAnswer : exitCodes.ok;
  return { plan, stores, places: found.places, away, code };
}
