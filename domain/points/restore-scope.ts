/** What one restore brings back, out of plan and request: components, and what of each. Pure. */
import { logKeepingOf } from '../components/logs.ts';
import { formatDuration } from '../duration.ts';
import { refusal } from '../errors.ts';
import { type Component, isConfiguration } from '../plan/component.ts';
import type { Plan } from '../plan/plan.ts';
import type { RestoreRequest } from '../run/restore-request.ts';

export interface ScopeItem {
  readonly component: Component;
  readonly paths?: readonly string[];
  readonly tables?: readonly string[];
  readonly until?: string;
  /** The folder or the name that it goes to, where that is not its own. */
  readonly into?: string;
}

/** In the plan's order. @throws ComponentUnknown, PathUnknown, NoLogKept, BadInput */
export function scopeOf(plan: Plan, request: RestoreRequest = {}): ScopeItem[] {
  const chosen = chosenComponents(plan, request);
  const { paths, tables, until } = request;
  if (paths && tables) throw bad('Paths are of files and tables of a database.', 'restore them one after the other.');
  const items = paths
    ? itemsOfPaths(paths, chosen)
    : chosen.map((component) => ({
        component,
        ...(tables ? { tables } : {}),
        ...(until && logKeepingOf(component) ? { until } : {}),
      }));
  if (tables && (items.length !== 1 || items[0]?.component.driver === 'files')) {
    throw bad(
      'Tables are of one database.',
      `name it: --component ${databasesOf(plan)
        .map(({ name }) => name)
        .join(' or ')}.`,
    );
  }
  if (until && !items.some((item) => 'until' in item)) {
    throw refusal(
      'NoLogKept',
      `${items.map(({ component }) => component.name).join(', ')}: nothing here keeps a log, so there are recovery points only.`,
      `the newest point at or before that moment: --date "${until}".`,
    );
  }
  return placed(items, request);
}

/** How far components come back apart, where some come back to a moment and others to the point before it; empty where they do not. */
export function apartText(items: readonly ScopeItem[], takenAt: string): string {
  const moment = items.find(({ until }) => until !== undefined)?.until;
  const points = items.filter(({ until }) => until === undefined).map(({ component }) => component.name);
  if (!moment || points.length === 0) return '';
  const logs = items.filter(({ until }) => until !== undefined).map(({ component }) => component.name);
  const ms = Math.max(0, Date.parse(moment) - Date.parse(takenAt));
  return `${logs.join(', ')} as of ${moment}, and ${points.join(', ')} as of ${takenAt}, ${formatDuration(ms)} before: they may not agree.`;
}

/** True where the whole service is meant, not a part that somebody chose. */
export function isWhole({ components, paths, tables, configOnly }: RestoreRequest = {}): boolean {
  return !components && !paths && !tables && !configOnly;
}

/** Single tables of PostgreSQL are put beside those that are there: nothing changes that the service works with. */
export function isBeside({ component, tables }: ScopeItem): boolean {
  return tables !== undefined && component.driver === 'postgresql';
}

/** The service must not run while this is replaced. */
export function needsStop(item: ScopeItem): boolean {
  return !isBeside(item) && (item.component.needsStop ?? true);
}

function chosenComponents(plan: Plan, { components: names, configOnly }: RestoreRequest): Component[] {
  if (names && configOnly) throw bad('Components are named in two ways.', '--component or --config-only.');
  if (configOnly) {
    const found = plan.components.filter(isConfiguration);
    if (found.length > 0) return found;
    throw refusal(
      'ComponentUnknown',
      `The plan of ${plan.service} does not say what a configuration rollback is.`,
      'set rollback: true at its components in the plan, or name them with --component.',
    );
  }
  const unknown = (names ?? []).filter((name) => !plan.components.some((component) => component.name === name));
  if (unknown.length > 0) {
    throw refusal(
      'ComponentUnknown',
      `The plan of ${plan.service} has no component ${unknown.join(', ')}.`,
      `one or more of: ${plan.components.map(({ name }) => name).join(', ')}.`,
    );
  }
  return names ? plan.components.filter(({ name }) => names.includes(name)) : plan.components;
}

/**
 * A path belongs to the component that names it most closely; one above several components takes all that lies below it.
 */
function itemsOfPaths(paths: readonly string[], components: readonly Component[]): ScopeItem[] {
  const wanted = new Map<Component, string[]>();
  const add = (component: Component, path: string) => wanted.set(component, [...(wanted.get(component) ?? []), path]);
  for (const each of paths) {
    const path = each.replace(/\/+$/, '');
    const owners = components
      .flatMap((component) => rootsOf(component).map((root) => ({ component, root })))
      .filter(({ root }) => holds(root, path))
      .sort((a, b) => b.root.length - a.root.length);
    const below = components.filter((component) => rootsOf(component).some((root) => root.startsWith(`${path}/`)));
    if (owners[0]) add(owners[0].component, path);
    else for (const component of below) add(component, path);
    if (!owners[0] && below.length === 0) {
      throw refusal(
        'PathUnknown',
        `No component that is restored holds ${path}.`,
        `something at or below ${components.flatMap(rootsOf).join(', ') || 'a path of a component of files'}.`,
      );
    }
  }
  return components.flatMap((component) => {
    const chosen = wanted.get(component);
    return chosen ? [{ component, paths: [...new Set(chosen)] }] : [];
  });
}

function rootsOf(component: Component): readonly string[] {
  return component.driver === 'files' ? component.paths : [];
}

/** The last part of a path of the plan may be a glob. */
function holds(root: string, path: string): boolean {
  const pattern = root
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  return new RegExp(`^${pattern}(/|$)`).test(path);
}

/** Several components never share a scratch folder: what one has may lie inside what another has. */
function placed(items: readonly ScopeItem[], { into }: RestoreRequest): ScopeItem[] {
  if (into === undefined) return [...items];
  const files = items.filter(({ component }) => component.driver === 'files');
  if (into.startsWith('/') && files.length < items.length) {
    const names = files.map(({ component }) => component.name).join(',');
    throw bad(
      `${into} is a folder, and what is restored has a database in it.`,
      `${names ? `--component ${names} into the folder, ` : ''}the database into a name of its own: --component ${databasesOf({ components: items.map(({ component }) => component) })[0]?.name} --into restored_copy.`,
    );
  }
  if (!into.startsWith('/') && (items.length !== 1 || files.length > 0)) {
    throw bad(`${into} is no absolute folder, and a name is for one database.`, '--into /var/tmp/restored.');
  }
  return items.map((item) => ({ ...item, into: items.length > 1 ? `${into}/${item.component.name}` : into }));
}

function databasesOf({ components }: Pick<Plan, 'components'>): Component[] {
  return components.filter(({ driver }) => driver !== 'files');
}

function bad(fact: string, hint: string) {
  return refusal('BadInput', fact, hint);
}
