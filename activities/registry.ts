/** Every step kind that a worker can run. A new step is written in its area and named here. */
import { captureComponent } from './archives/capture-component.ts';
import { checkData } from './archives/check-data.ts';
import { restoreComponent } from './archives/restore-component.ts';
import { bringAudit } from './audit/mend-audit.ts';
import { awaitHost } from './compute/await-host.ts';
import { copyImages } from './compute/copy-images.ts';
import { fenceInstance } from './compute/fence-instance.ts';
import { startInstance } from './compute/start-instance.ts';
import { startService } from './compute/start-service.ts';
import { stopInstance } from './compute/stop-instance.ts';
import { stopService } from './compute/stop-service.ts';
import { promoteRdsReplica } from './databases/rds/promote-replica.ts';
import { rejoinRdsStandby } from './databases/rds/rejoin-standby.ts';
import { awaitReplica } from './databases/replica/await-replica.ts';
import { demoteDatabase } from './databases/replica/demote-database.ts';
import { promoteDatabase } from './databases/replica/promote-database.ts';
import { reattachReplica } from './databases/replica/reattach-replica.ts';
import { clearDrill } from './drills/clear-drill.ts';
import { pointDrillName } from './drills/drill-name.ts';
import { judgeFault } from './drills/judge-fault.ts';
import { launchDrillHost } from './drills/launch-drill-host.ts';
import { prepareDrill } from './drills/prepare-drill.ts';
import { endRehearsal } from './drills/rehearsal/end-rehearsal.ts';
import { startRehearsal } from './drills/rehearsal/start-rehearsal.ts';
import { seeIsolated } from './drills/see-isolated.ts';
import { sweepDrill } from './drills/sweep-drill.ts';
import { takeDrillHost } from './drills/take-drill-host.ts';
import { fingerprintProduction, proveUntouched } from './drills/untouched.ts';
import { fenceSite } from './fencing/fence-site.ts';
import { liftFence } from './fencing/lift-fence.ts';
import { checkHealth } from './health/check-health.ts';
import { seeFromOutside } from './health/see-from-outside.ts';
import { watchService } from './health/watch-service.ts';
import { checkHost } from './hosts/check-host.ts';
import { prepareHost } from './hosts/prepare-host.ts';
import { command } from './hosts/run-command.ts';
import { takeLease } from './lease/take-lease.ts';
import { shipLogs } from './logs/ship-logs.ts';
import { verifyLogs } from './logs/verify-logs.ts';
import { awaitNoSessions } from './moves/await-no-sessions.ts';
import { countDivergent } from './moves/count-divergent.ts';
import { matchDemotionToken } from './moves/match-demotion-token.ts';
import { seeRedundancy } from './moves/see-redundancy.ts';
import { standDown } from './moves/stand-down.ts';
import { takeDemotionToken } from './moves/take-demotion-token.ts';
import { sendNotice } from './notices/send-notice.ts';
import { manual } from './people/manual.ts';
import { commitPoint } from './points/commit-point.ts';
import { copyPoint } from './points/copy-point.ts';
import { preparePoint } from './points/prepare-point.ts';
import { resealKeys } from './points/reseal-keys.ts';
import { reseedLocation } from './points/reseed-location.ts';
import { thawPoint } from './points/thaw-point.ts';
import { provePoint } from './points/verify/prove-point.ts';
import { testRestore } from './points/verify/test-restore.ts';
import { verifyPoints } from './points/verify/verify-points.ts';
import { applyRetention } from './retention/apply-retention.ts';
import { coolArchives } from './retention/cool-archives.ts';
import { deletePoint } from './retention/delete-point.ts';
import { pinPoint } from './retention/pin-point.ts';
import { previewRetention } from './retention/preview-retention.ts';
import { keepScript } from './runbook/keep-script.ts';
import { quietStandby } from './standby/quiet-standby.ts';
import { restStandby } from './standby/rest-standby.ts';
import { syncComponent } from './standby/sync-component.ts';
import { wakeStandby } from './standby/wake-standby.ts';
import type { StepDefinition } from './step.ts';
import { awaitResolution } from './traffic/await-resolution.ts';
import { clearSwitch } from './traffic/clear-switch.ts';
import { exchangeRoles } from './traffic/exchange-roles.ts';
import { lowerTtl } from './traffic/lower-ttl.ts';
import { pointNameAt } from './traffic/point-name-at.ts';
import { putSwitch } from './traffic/put-switch.ts';
import { shiftWeights } from './traffic/shift-weights.ts';
import { withdrawName } from './traffic/withdraw-name.ts';

export const stepDefinitions = [
  bringAudit,
  applyRetention,
  coolArchives,
  deletePoint,
  pinPoint,
  previewRetention,
  judgeFault,
  keepScript,
  awaitHost,
  awaitReplica,
  demoteDatabase,
  promoteDatabase,
  promoteRdsReplica,
  rejoinRdsStandby,
  reattachReplica,
  awaitNoSessions,
  countDivergent,
  matchDemotionToken,
  seeRedundancy,
  standDown,
  takeDemotionToken,
  awaitResolution,
  captureComponent,
  checkData,
  checkHealth,
  checkHost,
  clearDrill,
  clearSwitch,
  command,
  commitPoint,
  copyImages,
  copyPoint,
  exchangeRoles,
  pointDrillName,
  launchDrillHost,
  seeIsolated,
  startRehearsal,
  endRehearsal,
  sweepDrill,
  takeDrillHost,
  fingerprintProduction,
  proveUntouched,
  fenceInstance,
  fenceSite,
  liftFence,
  lowerTtl,
  manual,
  pointNameAt,
  prepareDrill,
  prepareHost,
  preparePoint,
  putSwitch,
  resealKeys,
  reseedLocation,
  restoreComponent,
  seeFromOutside,
  sendNotice,
  shiftWeights,
  shipLogs,
  startInstance,
  startService,
  stopInstance,
  stopService,
  takeLease,
  provePoint,
  testRestore,
  verifyLogs,
  verifyPoints,
  thawPoint,
  quietStandby,
  restStandby,
  syncComponent,
  wakeStandby,
  watchService,
  withdrawName,
] as unknown as readonly StepDefinition[];
