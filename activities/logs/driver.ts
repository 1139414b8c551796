/** What a kind of component with a log (binlogs, WAL) must be able to do. Drivers are registered in `drivers.ts`. */
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { StepContext } from '../context.ts';

export interface LogPlace<C extends Component = Component> {
  readonly service: string;
  readonly component: C;
  readonly host: Host;
  /** Nearest first; the log is written to the first and copied to the others. */
  readonly locations: readonly string[];
}

export interface Shipped {
  readonly component: string;
  /** Every change up to this moment can be restored; ISO, UTC. RPO counts to it. Absent while nothing was ever shipped. */
  readonly archivedTo?: string;
  /** Files of the log that this step shipped, and their bytes as stored. */
  readonly segments: number;
  readonly storedBytes: number;
  /** What is missing between a recovery point and `archivedTo`, for people; empty when all is there. */
  readonly gaps: string[];
}

export interface LogLag {
  readonly archivedTo?: string;
}

export interface LogDriver<C extends Component = Component> {
  /** Closes what is being written, brings everything closed since the last time to the store. Safe to run twice. */
  ship(place: LogPlace<C>, context: StepContext): Promise<Shipped>;
  /** How far the archive reaches. Reads only, and asks no host where the store knows. */
  lag(place: LogPlace<C>, context: StepContext): Promise<LogLag>;
  /** The commands a person would type instead of `ship`. */
  shell(place: LogPlace<C>): string[];
}
