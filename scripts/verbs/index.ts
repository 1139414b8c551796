/** Every verb, in the order of `muster --help`. */
import { addAbort } from './abort.ts';
import { addAccept } from './accept.ts';
import { addApprove } from './approve.ts';
import { addArchiving } from './archiving.ts';
import { addAudit } from './audit.ts';
import { addBackup } from './backup.ts';
import { addCodec } from './codec.ts';
import { addConfirm } from './confirm.ts';
import { addDeclaring } from './declaring.ts';
import { addDelete } from './delete.ts';
import { addExercise } from './exercise.ts';
import { addFailback } from './failback.ts';
import { addFailover } from './failover.ts';
import { addFence } from './fence.ts';
import { addHandover } from './handover.ts';
import { addHold } from './hold.ts';
import { addKeys } from './keys.ts';
import { addLogs } from './logs.ts';
import { addNote } from './note.ts';
import { addOverview } from './overview.ts';
import { addPause } from './pause.ts';
import { addPin, addUnpin } from './pin.ts';
import { addPlan } from './plan.ts';
import { addPoints } from './points.ts';
import { addPreview } from './preview.ts';
import { addReadiness } from './readiness.ts';
import { addRehearse } from './rehearse.ts';
import { addReject } from './reject.ts';
import { addRejoin } from './rejoin.ts';
import { addReplan } from './replan.ts';
import { addReport } from './report.ts';
import { addRestore } from './restore.ts';
import { addResume } from './resume.ts';
import { addRetention } from './retention.ts';
import { addRetry } from './retry.ts';
import { addRpo } from './rpo.ts';
import { addRunbook } from './runbook.ts';
import { addSchedules } from './schedules.ts';
import { addSkip } from './skip.ts';
import { addStatus } from './status.ts';
import { addSwitchover } from './switchover.ts';
import { addSync } from './sync.ts';
import { addTakeover } from './takeover.ts';
import { addTraffic } from './traffic.ts';
import type { AddVerb } from './verb.ts';
import { addVerify } from './verify.ts';
import { addWatch } from './watch.ts';
import { addWebhook } from './webhook.ts';

export const verbs: readonly AddVerb[] = [
  addPlan,
  addPoints,
  addRpo,
  addVerify,
  addKeys,
  addBackup,
  addLogs,
  addSync,
  addArchiving,
  addSchedules,
  addWebhook,
  addCodec,
  addDeclaring,
  addRetention,
  addPin,
  addUnpin,
  addDelete,
  addTraffic,
  addRehearse,
  addExercise,
  addReadiness,
  addPreview,
  addRunbook,
  addFailover,
  addFence,
  addSwitchover,
  addFailback,
  addRejoin,
  addRestore,
  addApprove,
  addReject,
  addStatus,
  addWatch,
  addReport,
  addAudit,
  addPause,
  addHold,
  addResume,
  addRetry,
  addSkip,
  addConfirm,
  addAccept,
  addReplan,
  addAbort,
  addNote,
  addHandover,
  addTakeover,
  // Last: what it allows itself would be inherited by the verbs added after it.
  addOverview,
];
