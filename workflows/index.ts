/** The workflow types that Muster registers, one for each procedure. */
export { backup } from './backup.ts';
export { declaring } from './declaring.ts';
export { failback } from './failback.ts';
export { failover } from './failover.ts';
export { fence } from './fence.ts';
export { fullRecovery } from './full-recovery.ts';
export { logShipping } from './log-shipping.ts';
export { restore } from './restore.ts';
export { retention } from './retention.ts';
export { rotateKeys } from './rotate-keys.ts';
export { scheduled } from './scheduled.ts';
export { scratchRestore } from './scratch-restore.ts';
export { shift } from './shift.ts';
export { switchover } from './switchover.ts';
export { sync } from './sync.ts';
export { testRestore } from './test-restore.ts';
export { verify } from './verify.ts';
