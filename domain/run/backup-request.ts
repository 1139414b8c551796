/** From what a person (or a webhook) says about a backup to its label and request. Pure. */
import { refusal } from '../errors.ts';
import { type Component, isConfiguration } from '../plan/component.ts';
import { type BackupRequest, labels } from './requests.ts';

export interface BackupWords {
  readonly label?: string;
  readonly kind?: string;
  /** Names, as `--components a,b`. */
  readonly components?: readonly string[];
  readonly configOnly?: boolean;
  readonly databaseOnly?: boolean;
  /** `true` where no version was named. */
  readonly beforeDeployment?: string | boolean;
  readonly afterDeployment?: string | boolean;
  readonly commit?: string;
  readonly afterIncident?: boolean;
  readonly archive?: string;
  /** From scratch: nothing of an earlier point is trusted. */
  readonly force?: boolean;
}

/** @throws BadInput for words that contradict each other, ComponentUnknown where the plan has nothing of the sort */
export function backupAsked(
  words: BackupWords,
  components: readonly Component[],
): { label: string; backup?: BackupRequest } {
  const request = without({
    kind: kindOf(words),
    components: componentsOf(words, components),
    version: versionOf(words),
    commit: words.commit,
  });
  return { label: labelOf(words), ...(Object.keys(request).length > 0 ? { backup: request } : {}) };
}

function labelOf(words: BackupWords): string {
  const said: string[] = [];
  if (words.label !== undefined) said.push(words.label);
  if (words.beforeDeployment) said.push(labels.beforeDeployment);
  if (words.afterDeployment) said.push(labels.afterDeployment);
  if (words.afterIncident) said.push(labels.afterIncident);
  if (words.archive !== undefined) said.push(archiveLabel(words.archive));
  if (said.length > 1) throw bad(`A point has one label, and ${said.join(' and ')} are asked for.`, 'one of them.');
  return said[0] ?? 'manual';
}

function archiveLabel(archive: string): string {
  if (archive === labels.weekly || archive === labels.monthly) return archive;
  throw bad(`There is no ${archive} archive.`, '--archive weekly or --archive monthly.');
}

/** Archives are kept for long, so they stand for themselves; so does what is forced because something is suspect. */
function kindOf(words: BackupWords): BackupRequest['kind'] {
  const { kind, archive, force } = words;
  if (kind !== undefined && kind !== 'full' && kind !== 'incremental')
    throw bad(`There is no kind ${kind}.`, 'full or incremental.');
  if (kind === 'incremental' && (archive !== undefined || force))
    throw bad('An archive, and what is forced, is full: it refers to no other point.', 'leave --kind out.');
  return kind ?? (archive !== undefined || force ? 'full' : undefined);
}

function versionOf({ beforeDeployment, afterDeployment, commit }: BackupWords): string | undefined {
  const deployment = beforeDeployment || afterDeployment;
  if (commit !== undefined && !deployment)
    throw bad('A commit belongs to a deployment.', '--before-deployment or --after-deployment with it.');
  return typeof deployment === 'string' ? deployment : undefined;
}

function componentsOf(words: BackupWords, components: readonly Component[]): string[] | undefined {
  const ways = [words.components, words.configOnly, words.databaseOnly].filter(Boolean);
  if (ways.length === 0) return undefined;
  if (ways.length > 1)
    throw bad('Components are named in more than one way.', '--components, --config-only or --database-only.');
  if (words.components) return known(words.components, components);
  return words.databaseOnly
    ? kin(components, 'databases', ({ driver }) => driver !== 'files')
    : kin(components, 'configuration', isConfiguration);
}

function kin(components: readonly Component[], what: string, is: (component: Component) => boolean): string[] {
  const names = components.filter(is).map(({ name }) => name);
  if (names.length > 0) return names;
  throw refusal(
    'ComponentUnknown',
    `The plan has no component that is recognised as ${what}.`,
    `--components with one or more of: ${components.map(({ name }) => name).join(', ')}.`,
  );
}

function known(names: readonly string[], components: readonly Component[]): string[] {
  const all = components.map(({ name }) => name);
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length === 0) return [...new Set(names)];
  throw refusal(
    'ComponentUnknown',
    `The plan has no component ${unknown.join(', ')}.`,
    `one or more of: ${all.join(', ')}.`,
  );
}

function without(request: BackupRequest): BackupRequest {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

function bad(fact: string, hint: string) {
  return refusal('BadInput', fact, hint);
}
