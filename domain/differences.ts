/** What differs between two pieces of plain data, by name: entries of a list are known by their `name`, `title`, `id` or `role`. Pure. */
import { formatDuration } from './duration.ts';

export interface Difference {
  readonly what: 'added' | 'removed' | 'changed';
  /** `objectives.rto.failover.maximum`, `components.database.jobs` */
  readonly path: string;
  /** For people; of what was removed or changed. */
  readonly before?: string;
  readonly after?: string;
}

/** In the order of the first, then of what only the second has. Nothing for equal data. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (same(before, after)) return [];
  if (before === undefined) return [{ what: 'added', path, after: shown(after, path) }];
  if (after === undefined) return [{ what: 'removed', path, before: shown(before, path) }];
  const [left, right] = [entriesOf(before), entriesOf(after)];
  if (!left || !right) {
    return [{ what: 'changed', path, before: shown(before, path), after: shown(after, path) }];
  }
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const found = names.flatMap((name) => differences(left.get(name), right.get(name), path ? `${path}.${name}` : name));
  return found.length > 0 ? found : [{ what: 'changed', path, before: 'in this order', after: 'in another order' }];
}

function same(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

/** Undefined for what has no parts with names. */
function entriesOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const names = value.map(nameOf);
  if (value.length > 0 && !names.includes(undefined) && new Set(names).size === names.length) {
    return new Map(value.map((each, index) => [names[index] as string, each]));
  }
  // Texts are known by themselves, so that one more in the middle changes no other.
  if (value.every((each) => typeof each === 'string') && new Set(value).size === value.length) {
    return new Map(value.map((each: string) => [`[${each}]`, '']));
  }
  return undefined;
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const fields = entry as Record<string, unknown>;
  const name = ['name', 'title', 'id', 'role'].map((field) => fields[field]).find((value) => typeof value === 'string');
  return name === undefined ? undefined : String(name);
}

const times =
  /^(rpo|expected|maximum|wait|ttl|within|interval|timeout|timeLimit|for|every|boot|limit|grace|offset|after)$/;

function shown(value: unknown, path: string): string {
  if (value === '') return '';
  if (typeof value === 'number' && times.test(path.split('.').at(-1) ?? '')) return formatDuration(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
