/** What is known of one recovery point once all of it was looked at. */
import type { Finding, Look } from '../../../domain/points/verification.ts';

export interface PointVerdict {
  readonly looks: readonly Look[];
  readonly findings: readonly Finding[];
  /** What is good nowhere, for people; empty when nothing is lost. */
  readonly lost: readonly string[];
  /** Keys of it: other points may need them too. */
  readonly lostKeys: readonly string[];
  readonly released: boolean;
  readonly notes: readonly string[];
}
