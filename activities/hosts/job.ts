/**
 * Host jobs: a fixed script on a host, detached from the connection that started it, found again by its key.
 *
 * A worker starts or finds it (`startOrAttach`), reads along (`followJob`), feeds it (`fillSpool`), ends it (`cancelJob`).
 * `runHostJob` is the first two together and what most steps want. What a script may rely on is in `jobs/lib.sh`.
 */
import type { Progress } from '../context.ts';
import type { HostExecutor } from './executor.ts';

/** Which piece of work it is. An operator's retry is the next generation; attempts of a worker share one. */
export interface JobKey {
  readonly run: string;
  readonly step: string;
  readonly generation: number;
}

/** A script of the repository, `new URL('jobs/dump.sh', import.meta.url)`. */
export interface JobScript {
  readonly name: string;
  readonly path: string | URL;
}

export interface HostJob {
  readonly key: JobKey;
  /** The name of a script in `activities/hosts/jobs` (without `.sh`), or a script of the caller's own area. */
  readonly script: string | JobScript;
  /** One file each in the job's folder; any bytes, any size. Names: letters, digits, `_`, `.` and `-`. */
  readonly params?: Readonly<Record<string, string | Buffer>>;
  /** Travel over stdin into the script's shell memory: never on disk, in argv or in the environment. At most 1 MiB each. */
  readonly secrets?: Readonly<Record<string, string | Buffer>>;
  /** A lock on the host, held as long as the job lives: `component-api`. Refused while the job of another step or run holds it. */
  readonly lock?: string;
}

/** Where jobs live on the host. Tests and users without root set it. */
export interface JobPlace {
  /** Default `/var/lib/muster`. */
  readonly base?: string;
  /** Default `/proc/sys/kernel/random/boot_id`. */
  readonly bootId?: string;
}

export interface JobHandle {
  readonly executor: HostExecutor;
  readonly place: Required<JobPlace>;
  /** `<base>/jobs/<run>/<step>/<generation>/<start>` */
  readonly folder: string;
  /** `started` anew, `restarted` after it was lost, or found (`attached`). */
  readonly how: 'started' | 'restarted' | 'attached';
  readonly state: 'running' | 'exited';
  /** With `exited`. */
  readonly code?: number;
}

/** A line of the job's stdout. */
export type JobLine =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'progress'; readonly done: number; readonly total: number; readonly text: string }
  | { readonly kind: 'need'; readonly what: string }
  | { readonly kind: 'refuse'; readonly type: string; readonly fact: string; readonly hint: string }
  | { readonly kind: 'log'; readonly text: string };

/** How far a worker has read; small, so that it fits into heartbeat details. */
export interface JobResume {
  readonly folder: string;
  readonly offset: number;
}

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** Called at least every second, also while the connection is being mended; `resume` is a `JobResume`. */
  readonly heartbeat?: (progress: Progress) => void;
  /** Awaited line by line; a line counts as read only after that. */
  readonly onLine?: (line: JobLine) => void | Promise<void>;
  /** What an earlier worker's heartbeat carried (`context.resumeFrom`); of another start of the job it is ignored. */
  readonly resume?: unknown;
}

export interface JobEnd {
  readonly code: number;
  /** The last 8 KiB. */
  readonly stderr: string;
  /** Every result line, when this worker read the job from its beginning; else see `readResults`. */
  readonly results?: unknown[];
  /** A refusal the script spoke (`refuse` in `jobs/lib.sh`). */
  readonly refused?: Extract<JobLine, { kind: 'refuse' }>;
}

export interface SpoolEntry {
  /** Entries of a kind are handed out in the order of their names; a name that was taken is not handed out again. */
  readonly name: string;
  readonly content: string | Buffer;
}

/** Exit status by which a script says that trying again may help; the next attempt then starts it anew. */
export const tryAgainStatus = 75;

/*
 * Where the rest is: start-job.ts (startOrAttach), follow-job.ts (followJob), job-results.ts (readResults), run-job.ts (runHostJob),
 * spool.ts (fillSpool), cancel-job.ts (cancelJob, cancelByKey), sweep-jobs.ts (sweepJobs). On the host: the scripts in control/.
 */
