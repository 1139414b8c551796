/** What a kind of component (files, PostgreSQL, later others) must be able to do. Drivers are registered in `drivers.ts`. */
import type { Component } from '../../domain/plan/component.ts';
import type { StorageLocation } from '../../domain/plan/storage.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { ComponentRecord } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import type { JobScript } from '../hosts/job.ts';
import type { ObjectStore } from '../storage/store.ts';

/** One host job: a script of ours, its parameters, and what travels as a secret. */
export interface JobParts {
  readonly script: JobScript;
  readonly params: Readonly<Record<string, string | Buffer>>;
  readonly secrets?: Readonly<Record<string, string | Buffer>>;
}

/** Facts of a driver, out of its job's `summary` line. */
export interface CaptureFacts {
  readonly details: Record<string, unknown>;
  readonly checks: ComponentRecord['checks'];
  readonly version?: string;
  readonly commit?: string;
  /** Of what lies in a repository of the driver's own; else they are counted from the archives. */
  readonly bytes?: number;
  readonly storedBytes?: number;
}

/** Resolves what the plan refers to; for accounts of databases. */
export type Secrets = (ref: SecretRef) => Promise<string>;

export interface RestoreOptions {
  readonly run: string;
  readonly point: string;
  readonly secret: Secrets;
  /** The plan's; for drivers with a repository of their own. */
  readonly storage?: Readonly<Record<string, StorageLocation>>;
  /**
   * Where to, when not in place: an absolute folder for files (the tree is laid out below it), a name for a database. Nothing that is
   * there is switched or replaced, and no command of the plan is run.
   */
  readonly into?: string;
  /** Only these files and folders, absolute as they were; for files. */
  readonly paths?: readonly string[];
  /** Only these tables; for databases that can. */
  readonly tables?: readonly string[];
  /** The moment to come back to, ISO with a zone, or `latest` (the end of a log in a repository of the driver's own); for drivers that keep a log. */
  readonly until?: string;
}

/** Difference between a recovery point and what is there now. */
export interface Verified {
  /** How many things were compared. */
  readonly compared: number;
  /** What is wrong, for people; empty when all is well. */
  readonly wrong: string[];
  /** What differs and may: files the service wrote since. */
  readonly noted: string[];
  /** Of `noted`: what was changed after the point was taken. */
  readonly later?: string[];
}

/** What a capture is for. */
export interface CaptureOptions {
  readonly point: string;
  readonly secret: Secrets;
  /** The plan's; for drivers with a repository of their own. */
  readonly storage: Readonly<Record<string, StorageLocation>>;
  /** What was asked for; a driver with increments of its own goes by it. */
  readonly kind?: 'full' | 'incremental';
  /** The point that unchanged files may be left to; the driver answers for what it makes of it. */
  readonly base?: { readonly point: string; readonly record: ComponentRecord };
}

/** What a restore to a moment needs besides the recovery point: archives of a log, parameters, and the keys that open them. */
export interface OpenedLog {
  readonly archives: ComponentRecord['archives'];
  readonly params: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, Buffer>>;
}

export interface LogWanted {
  readonly service: string;
  readonly site: string;
  /** ISO with a zone. */
  readonly until: string;
}

export interface ComponentDriver<C extends Component = Component> {
  capture(component: C, options: CaptureOptions): Promise<JobParts>;
  /** Can refer to archives of an earlier point, whose record has the SHA-256 of its index in `details.index`. */
  readonly incremental?: true;
  /** Out of the job's result lines. */
  facts(component: C, results: readonly unknown[]): CaptureFacts;
  restore(component: C, record: ComponentRecord, options: RestoreOptions): Promise<JobParts>;
  /** For a driver whose log Muster itself keeps: what lies between the point and the moment. Refuses where it is not all there. */
  log?(
    component: C,
    record: ComponentRecord,
    wanted: LogWanted,
    stores: readonly ObjectStore[],
    context: StepContext,
  ): Promise<OpenedLog>;
  /** Absolute paths that a restore in place replaces and nothing else needs: a copy of them can stand there ahead. Absent: there is no such copy. */
  places?(record: ComponentRecord): Buffer[];
  /** Puts back what stood there before the restore of this run, as far as that came. Reads no store, needs no key. */
  undo(component: C, options: Pick<RestoreOptions, 'run' | 'point' | 'into' | 'secret'>): Promise<JobParts>;
  /** Reads only: what is there now, or what a restore with these options laid out, against the point. */
  verify(
    component: C,
    record: ComponentRecord,
    finishedAt: string,
    options?: Partial<Pick<RestoreOptions, 'into' | 'paths' | 'secret'>>,
  ): Promise<JobParts & { readonly needsKey: boolean }>;
  judge(component: C, record: ComponentRecord, results: readonly unknown[]): Verified;
  /** Reads only: answers (`check` lines) that are the same exactly where the content is. Absent: `verify` is all the proof there is. */
  token?(component: C): Promise<JobParts>;
  /** Reads only: what was kept at a restore (under these names) and is not there now, as `differs` lines. */
  divergence?(component: C, kept: readonly string[]): Promise<JobParts>;
  /** Waits `within` ms for the last client to leave; `session` lines say who stays. For databases that can tell. */
  sessions?(component: C, within: number): Promise<JobParts>;
}
