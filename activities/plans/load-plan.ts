/**
 * Reads the plan of a service: `<folder>/<service>.yaml`, with overlays merged in, validated, every mistake at once.
 *
 *     const { plan, sha256 } = await loadPlan('plans', 'spacetime', { overlays: ['staging'] });
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import canonicalize from 'canonicalize';
import { Refusal, refusal } from '../../domain/errors.ts';
import { type Plan, planSchema } from '../../domain/plan/plan.ts';
import { brokenReferences } from '../../domain/plan/references.ts';
import { nameSchema } from '../../domain/plan/values.ts';
import { type Problem, problemsOf } from './problems.ts';
import { mergeTrees, type Position, parseYaml, positionOf, type Tree, toPlain } from './yaml-tree.ts';

export interface LoadedPlan {
  readonly plan: Plan;
  /** Of the plan's canonical JSON (RFC 8785) with defaults filled in, hex. */
  readonly sha256: string;
  /** Files read, the plan first, then overlays in order. */
  readonly files: readonly string[];
  /** `['objectives', 'rpo']` -> `plans/spacetime.yaml:12:8`. */
  positionOf(path: readonly PropertyKey[]): string;
}

export interface LoadOptions {
  /** Names under `<folder>/overlays/`, or paths of YAML files; later ones win. */
  readonly overlays?: readonly string[];
}

/** A plan that cannot be used; `problems` holds each mistake as one line. */
export class PlanInvalid extends Refusal {
  readonly problems: readonly string[];

  constructor(service: string, problems: readonly string[]) {
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
    const lines = problems.map((problem) => `\n  ${problem}`).join('');
    super('PlanInvalid', `The plan of ${service} has ${count}:${lines}\n`, 'correct the plan and check it again.');
    this.problems = problems;
  }
}

/** Plans as last read: parsing and checking costs tens of milliseconds, and every step of a run asks for its plan. */
const known = new Map<string, { readonly texts: string; readonly loaded: LoadedPlan }>();

/** Parsed again only when a file has changed. @throws PlanInvalid, or a refusal `PlanNotFound`, `PlanUnreadable` */
export async function loadPlan(folder: string, service: string, options: LoadOptions = {}): Promise<LoadedPlan> {
  const name = nameSchema.safeParse(service);
  if (!name.success) {
    throw new PlanInvalid('this service', [
      `${JSON.stringify(service)} is not a service name. Try: lower-case letters, digits and dashes, such as spacetime.`,
    ]);
  }
  const files = [
    join(folder, `${service}.yaml`),
    ...(options.overlays ?? []).map((each) => overlayFile(folder, service, each)),
  ];
  const read = await Promise.all(files.map((file, index) => readPlanFile(folder, file, index > 0)));
  const key = JSON.stringify([process.cwd(), files]);
  const texts = JSON.stringify(read);
  const last = known.get(key);
  if (last?.texts === texts) return last.loaded;
  const loaded = parse(service, files, read);
  known.set(key, { texts, loaded });
  return loaded;
}

function parse(service: string, files: readonly string[], read: readonly string[]): LoadedPlan {
  const parsed = files.map((file, index) => parseYaml(read[index] ?? '', shown(file)));
  const syntax = parsed.flatMap(({ problems }) => problems);
  if (syntax.length > 0) {
    throw new PlanInvalid(
      service,
      syntax.map(({ at, fact }) => `${place(at)}: ${fact.replace(/\.$/, '')}. Try: correct the YAML here.`),
    );
  }
  const tree = parsed.map((each) => each.tree).reduce(mergeTrees);
  const plan = validate(service, tree);
  return {
    plan,
    sha256: planHash(plan),
    files,
    positionOf: (path) => place(positionOf(tree, path)),
  };
}

/** Of its values, hex. */
export function planHash(plan: Plan): string {
  return createHash('sha256')
    .update(canonicalize(plan) ?? '')
    .digest('hex');
}

function validate(service: string, tree: Tree): Plan {
  const raw = toPlain(tree);
  const result = planSchema.safeParse(raw);
  const problems: Problem[] = [
    ...(result.success ? [] : problemsOf(result.error.issues, raw)),
    ...brokenReferences(raw).map((each) => ({ ...each, key: false })),
  ];
  if (result.success && result.data.service !== service) {
    problems.push({
      path: ['service'],
      key: false,
      fact: `the file is named for ${service}`,
      hint: `service: ${service}`,
    });
  }
  if (!result.success || problems.length > 0) throw new PlanInvalid(service, inOrder(tree, problems));
  return result.data;
}

/** One line a problem, in the order of the files. */
function inOrder(tree: Tree, problems: readonly Problem[]): string[] {
  const placed = problems.map((problem) => ({ problem, at: positionOf(tree, problem.path, { key: problem.key }) }));
  placed.sort((a, b) => a.at.file.localeCompare(b.at.file) || a.at.line - b.at.line || a.at.column - b.at.column);
  return placed.map(
    ({ problem, at }) => `${place(at)}: ${pathText(problem.path)}: ${problem.fact}. Try: ${problem.hint}`,
  );
}

function pathText(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>((text, part) => {
      if (typeof part === 'number') return `${text}[${part}]`;
      return text ? `${text}.${String(part)}` : String(part);
    }, '') || 'the plan'
  );
}

function place(at: Position): string {
  return `${at.file}:${at.line}:${at.column}`;
}

function overlayFile(folder: string, service: string, overlay: string): string {
  const isFile = isAbsolute(overlay) || /\.ya?ml$/.test(overlay);
  return isFile ? overlay : join(folder, 'overlays', overlay, `${service}.yaml`);
}

async function readPlanFile(folder: string, file: string, isOverlay: boolean): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT')
      throw refusal('PlanUnreadable', `${shown(file)} cannot be read (${code}).`, 'make it a file that you may read.');
    if (isOverlay)
      throw refusal('PlanNotFound', `There is no overlay ${shown(file)}.`, 'correct --overlay or MUSTER_OVERLAYS.');
    const plans = (await readdir(folder).catch(() => [])).filter(
      (each) => each.endsWith('.yaml') && each !== 'estate.yaml',
    );
    const others = plans.map((each) => each.replace(/\.yaml$/, '')).join(', ');
    throw refusal(
      'PlanNotFound',
      `There is no ${shown(file)}.`,
      others ? `one of ${others}.` : `put a plan into ${folder}.`,
    );
  }
}

/** Relative to where the command runs, where that is shorter. */
function shown(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith('..') ? file : short;
}
