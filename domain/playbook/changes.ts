/** What a playbook would do otherwise than the one of its kind that people approved last. Pure. */
import { type Playbook, type PlaybookItem, type Step, stepsOf, withoutEstimate } from './playbook.ts';

/** One line each, in the order of the new playbook; empty where the same would be done again. Run id and point differ each time and are looked through. */
export function playbookChanges(before: Playbook, now: Playbook): string[] {
  const [old, present] = [placesOf(before), placesOf(now)];
  const steps = [...present].flatMap(([id, { step, where }]) => {
    const was = old.get(id);
    if (!was) return [`+ ${step.title} (${id}, in "${where}")`];
    const moved = was.where === where ? [] : [`moved from "${was.where}" to "${where}"`];
    const changes = [...moved, ...stepChanges(seen(was.step, before), seen(step, now))];
    return changes.length > 0 ? [`~ ${step.title} (${id}): ${changes.join('; ')}`] : [];
  });
  const gone = [...old].flatMap(([id, { step }]) => (present.has(id) ? [] : [`- ${step.title} (${id})`]));
  return [...risksOf(before, now), ...itemsOf(before, now), ...steps, ...gone];
}

function risksOf(before: Playbook, now: Playbook): string[] {
  return [
    ...now.risks.filter((risk) => !before.risks.includes(risk)).map((risk) => `+ risk ${risk}`),
    ...before.risks.filter((risk) => !now.risks.includes(risk)).map((risk) => `- risk ${risk}`),
  ];
}

/** Stages, gates, point of no return and watch, in their order. */
function itemsOf(before: Playbook, now: Playbook): string[] {
  const titles = ({ items }: Playbook) => items.map(titleOf);
  const [old, present] = [titles(before), titles(now)];
  if (JSON.stringify(old) === JSON.stringify(present)) return [];
  const added = present.filter((title) => !old.includes(title)).map((title) => `+ ${title}`);
  const gone = old.filter((title) => !present.includes(title)).map((title) => `- ${title}`);
  return added.length + gone.length > 0 ? [...added, ...gone] : [`~ the order: ${present.join(', ')}`];
}

function titleOf(item: PlaybookItem): string {
  if (item.type === 'stage') return `stage "${item.title}"${item.alongside ? ', alongside' : ''}`;
  if (item.type === 'watch') return `watch "${item.title}" for ${item.for} ms, every ${item.every} ms`;
  return item.type === 'gate'
    ? `gate "${item.title}" (${item.outcome}: ${item.steps.join(', ')}; or ${item.risk})`
    : `point of no return "${item.title}"`;
}

function placesOf(playbook: Playbook): Map<string, { step: Step; where: string }> {
  const ranked = playbook.items.flatMap((item) =>
    item.type === 'stage' ? item.ranks.map((rank) => ({ item, rank })) : [],
  );
  const stage = (id: string) => ranked.find(({ rank }) => rank.some((step) => step.id === id));
  return new Map(
    stepsOf(playbook).map((step) => {
      const found = stage(step.id);
      const rank = found ? found.item.ranks.indexOf(found.rank) + 1 : 0;
      return [step.id, { step, where: found ? `${found.item.title}, ${rank}` : 'watch' }];
    }),
  );
}

/** Without the estimate, and with the same words for what is new in every run. */
function seen(step: Step, { run, point }: Playbook): Record<string, unknown> {
  const { id: _id, title: _title, ...rest } = withoutEstimate(step);
  const text = JSON.stringify(rest).replaceAll(run, 'THIS RUN');
  return JSON.parse(point ? text.replaceAll(point, 'THE POINT') : text);
}

/** The recovery point's own hash and its size are new each time, as its id is. */
const ofThePoint = /\bpoint\.(sha256|bytes|takenAt|files|entries)$/;

function stepChanges(before: unknown, now: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(now) || ofThePoint.test(path)) return [];
  if (!isMap(before) || !isMap(now)) return [`${path} ${shown(before)} -> ${shown(now)}`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return keys.flatMap((key) => stepChanges(before[key], now[key], path ? `${path}.${key}` : key));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
