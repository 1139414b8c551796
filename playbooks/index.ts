/** The compilers by procedure. */
import type { Procedure } from '../domain/playbook/procedures.ts';
import { backup } from './backup.ts';
import type { Compiler } from './compiler.ts';
import { drillWith } from './drills/drill.ts';
import { failback } from './failback.ts';
import { failover } from './failover.ts';
import { fence } from './fence.ts';
import { fullRecovery } from './full-recovery.ts';
import { isolatedDrill } from './isolated-drill.ts';
import { logShipping } from './log-shipping.ts';
import { rejoin } from './rejoin.ts';
import { restore } from './restore.ts';
import { retention } from './retention.ts';
import { rotateKeys } from './rotate-keys.ts';
import { scratchRestore } from './scratch-restore.ts';
import { shift } from './shift.ts';
import { switchover } from './switchover.ts';
import { sync } from './sync.ts';
import { testRestores } from './test-restore.ts';
import { verify } from './verify.ts';

const real: Record<Exclude<Procedure, 'drill'>, Compiler> = {
  backup,
  failback,
  failover,
  fence,
  'full-recovery': fullRecovery,
  'isolated-drill': isolatedDrill,
  'log-shipping': logShipping,
  rejoin,
  'rotate-keys': rotateKeys,
  retention,
  restore,
  'scratch-restore': scratchRestore,
  shift,
  switchover,
  sync,
  'test-restore': testRestores,
  verify,
};

/** A drill rehearses what the others make. */
export const compilers: Record<Procedure, Compiler> = { ...real, drill: drillWith(real) };
