/** What retention knows of a recovery point: what it holds, what was shown of it, and where it lies. */
import type { Manifest } from './recovery-point.ts';

export interface RetainablePoint {
  readonly id: string;
  readonly takenAt: string;
  readonly label: string;
  readonly kind: Manifest['kind'];
  readonly role: Manifest['role'];
  readonly components: readonly string[];
  readonly replicated: boolean;
  readonly verified: boolean;
  readonly proven: boolean;
  /** Since when, ISO. */
  readonly quarantined?: string;
  /** Who wants it kept, and why. */
  readonly pinned?: { readonly by: string; readonly why: string };
  /** Locations at which its manifest is good; until when a lock holds it there, as far as that was asked; parts of it bad there. */
  readonly at: Readonly<Record<string, { readonly lockedUntil?: string | undefined; readonly damaged?: boolean }>>;
}
