/** The procedures, and what is true of each of them: one table, so that nothing else has to know a procedure by its name. */

export interface ProcedureTraits {
  /** Workflow type, as registered. */
  readonly workflow: string;
  /** The second half of the workflow id, `<service>/<lock>`: two runs of one lock never stand side by side. */
  readonly lock: string;
  /** Verb of the command that starts it. */
  readonly verb: string;
  /** Brings data back: it takes a recovery point, has an RTO, and may be judged by an observer. */
  readonly restores: boolean;
  /** Takes a recovery point without bringing the service back with it. Absent: as `restores`. */
  readonly takesPoint?: boolean;
  /** From one site to another; the others happen at one site. */
  readonly moves: boolean;
  /** Moves while both sites work, and loses nothing; what fails before its point of no return is put back by itself. */
  readonly planned?: true;
  /** Works on the site's hosts; the others work on what lies in the storage locations only. */
  readonly hosts: boolean;
  /** Begins with a go/no-go of people. */
  readonly approval: boolean;
  /** Temporal's priority, 1 (first) to 5. */
  readonly priority: number;
  /** Refuses to begin while a recovery holds the lease and the service is not served again. */
  readonly standsAside?: true;
  /** Happens at a site that does not serve, found by where the names lead; with `moves`, from the site that serves to that one. */
  readonly atStandby?: true;
  /** On hosts of its own, which no site has. */
  readonly isolated?: true;
  /** Rehearses: whoever may let it go may not therefore let a real one go. A property of the procedure, never of the request. */
  readonly drill?: true;
  /** Ends itself, and takes away what it made, when a real recovery begins. It may wait for people for days, and holds nothing up meanwhile. */
  readonly makesWay?: true;
  /** Neither reads nor writes recovery points: nothing that deletes them has to stand aside for it. */
  readonly leavesPoints?: true;
}

export const procedureTraits = {
  backup: {
    workflow: 'backup',
    lock: 'backup',
    verb: 'backup',
    restores: false,
    moves: false,
    hosts: true,
    approval: false,
    priority: 4,
    standsAside: true,
  },
  failover: {
    workflow: 'failover',
    lock: 'recovery',
    verb: 'failover',
    restores: true,
    moves: true,
    hosts: true,
    approval: true,
    priority: 1,
  },
  fence: {
    workflow: 'fence',
    // Beside a recovery: the one that finds two sites writing is often still watching.
    lock: 'fence',
    verb: 'fence',
    restores: false,
    moves: false,
    hosts: false,
    approval: true,
    priority: 1,
    leavesPoints: true,
  },
  switchover: {
    workflow: 'switchover',
    lock: 'recovery',
    verb: 'switchover',
    restores: true,
    takesPoint: false,
    moves: true,
    hosts: true,
    approval: true,
    priority: 1,
    planned: true,
  },
  failback: {
    workflow: 'failback',
    lock: 'recovery',
    verb: 'failback',
    restores: true,
    takesPoint: false,
    moves: true,
    hosts: true,
    approval: true,
    priority: 1,
    planned: true,
  },
  'full-recovery': {
    workflow: 'fullRecovery',
    lock: 'recovery',
    verb: 'restore',
    restores: true,
    moves: false,
    hosts: true,
    approval: true,
    priority: 1,
  },
  restore: {
    workflow: 'restore',
    lock: 'recovery',
    verb: 'restore',
    restores: true,
    moves: false,
    hosts: true,
    approval: true,
    priority: 1,
  },
  drill: {
    workflow: 'drill',
    lock: 'drill',
    verb: 'drill',
    drill: true,
    restores: false,
    takesPoint: true,
    moves: false,
    hosts: true,
    approval: false,
    priority: 5,
    standsAside: true,
    makesWay: true,
  },
  'isolated-drill': {
    workflow: 'isolatedDrill',
    // Its own: it holds nothing that a recovery would have to wait for.
    lock: 'isolated-drill',
    verb: 'rehearse',
    drill: true,
    restores: false,
    takesPoint: true,
    moves: false,
    hosts: true,
    approval: false,
    priority: 5,
    standsAside: true,
    isolated: true,
    makesWay: true,
  },
  rejoin: {
    workflow: 'rejoin',
    lock: 'recovery',
    verb: 'rejoin',
    restores: false,
    moves: true,
    atStandby: true,
    hosts: true,
    approval: true,
    priority: 2,
    standsAside: true,
  },
  'scratch-restore': {
    workflow: 'scratchRestore',
    lock: 'scratch',
    verb: 'restore',
    restores: false,
    takesPoint: true,
    moves: false,
    hosts: true,
    approval: false,
    priority: 2,
  },
  'log-shipping': {
    workflow: 'logShipping',
    lock: 'logs',
    verb: 'logs',
    restores: false,
    moves: false,
    hosts: true,
    approval: false,
    priority: 3,
    leavesPoints: true,
  },
  retention: {
    workflow: 'retention',
    lock: 'retention',
    verb: 'retention',
    restores: false,
    moves: false,
    hosts: false,
    approval: false,
    priority: 5,
    standsAside: true,
  },
  'rotate-keys': {
    workflow: 'rotateKeys',
    lock: 'keys',
    verb: 'keys rotate',
    restores: false,
    moves: false,
    hosts: false,
    approval: false,
    priority: 4,
  },
  shift: {
    workflow: 'shift',
    lock: 'recovery',
    verb: 'traffic shift',
    restores: false,
    moves: false,
    hosts: true,
    approval: true,
    priority: 2,
    leavesPoints: true,
  },
  sync: {
    workflow: 'sync',
    lock: 'sync',
    verb: 'sync',
    restores: false,
    takesPoint: true,
    moves: false,
    atStandby: true,
    hosts: true,
    approval: false,
    priority: 4,
    standsAside: true,
  },
  'test-restore': {
    workflow: 'testRestore',
    lock: 'test-restore',
    verb: 'verify',
    drill: true,
    restores: false,
    takesPoint: true,
    moves: false,
    hosts: true,
    approval: false,
    priority: 5,
    standsAside: true,
    makesWay: true,
  },
  verify: {
    workflow: 'verify',
    lock: 'verify',
    verb: 'verify',
    restores: false,
    moves: false,
    hosts: false,
    approval: false,
    priority: 5,
  },
} as const satisfies Record<string, ProcedureTraits>;

export type Procedure = keyof typeof procedureTraits;
export const procedures = Object.keys(procedureTraits) as [Procedure, ...Procedure[]];

export function traitsOf(procedure: Procedure): ProcedureTraits {
  return procedureTraits[procedure];
}

/** Gives databases that stream their standby again: from the site that serves, which is left as it is, to the one that does not. */
export function rejoins(procedure: Procedure): boolean {
  const { moves, atStandby } = traitsOf(procedure);
  return moves && atStandby === true;
}

/** A recovery point is chosen for it, or named. */
export function takesPoint(procedure: Procedure): boolean {
  const { restores, takesPoint: takes = restores } = traitsOf(procedure);
  return takes;
}

/** `spacetime/recovery`, `spacetime/backup`: the workflow id is the lock that people see. */
export function workflowIdOf(service: string, procedure: Procedure): string {
  return `${service}/${traitsOf(procedure).lock}`;
}

/** Where a decision looks for a run when nobody names its procedure, the most urgent first. */
export const decidedLocks: readonly string[] = ['recovery', 'scratch', 'backup'];

/** What a person types about a run, so that it is this one that is found: `muster retry spacetime STEP`. */
export function commandFor(run: { service: string; procedure: Procedure }, verb: string, subject = ''): string {
  const which = decidedLocks.includes(traitsOf(run.procedure).lock) ? '' : ` --procedure ${run.procedure}`;
  return `muster ${verb} ${run.service}${subject && ` ${subject}`}${which}`;
}
