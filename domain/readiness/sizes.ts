/** Whether the newest backup is as large as those before it: an empty dump succeeds too. Pure. */
import type { PointSummary } from '../playbook/assessment.ts';

export interface SizeLimits {
  /** Backups before the newest that are compared. */
  readonly of: number;
  /** Per cent of their median. */
  readonly least: number;
  readonly most: number;
}

export interface OddSize {
  readonly component: string;
  readonly point: string;
  readonly bytes: number;
  readonly median: number;
  /** Per cent. */
  readonly share: number;
}

/** With fewer before it nothing is compared. */
const fewest = 3;

type Sized = Pick<PointSummary, 'id' | 'components' | 'sizes'>;

/** What of the newest is unlike its history, by what a restore brings back. @param points  in any order */
export function oddSizes(points: readonly Sized[], components: readonly string[], limits: SizeLimits): OddSize[] {
  const newestFirst = [...points].sort((a, b) => (a.id < b.id ? 1 : -1));
  return components.flatMap((component) => {
    const sizes = newestFirst.flatMap(({ id, sizes: of }) => {
      const bytes = of?.[component];
      return bytes === undefined ? [] : [{ id, bytes }];
    });
    const [newest, ...before] = sizes;
    const history = before.slice(0, limits.of).map(({ bytes }) => bytes);
    if (!newest || history.length < fewest) return [];
    const median = medianOf(history);
    if (median === 0) return [];
    const share = Math.round((newest.bytes / median) * 100);
    const odd = newest.bytes < (median * limits.least) / 100 || newest.bytes > (median * limits.most) / 100;
    return odd ? [{ component, point: newest.id, bytes: newest.bytes, median, share }] : [];
  });
}

/** Of at least one number; of an even count the mean of the two in the middle. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
