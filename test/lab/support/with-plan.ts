/** The lab's plan as an operator might have broken it, for as long as a test needs it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { labPaths } from '../../../lab/paths.ts';

/** Edits the text of the plan itself. */
export async function withPlanText<T>(dir: string, edit: (text: string) => string, work: () => Promise<T>): Promise<T> {
  return await withFile(join(labPaths(dir).plans, 'spacetime.yaml'), edit, work);
}

/** Edits the lab's overlay, which holds addresses, keys, zone and the like. */
export async function withOverlay<T>(
  dir: string,
  // biome-ignore lint/suspicious/noExplicitAny: the overlay is any YAML, and a wrong one is what is wanted
  edit: (overlay: any) => void,
  work: () => Promise<T>,
): Promise<T> {
  return await withFile(join(labPaths(dir).plans, 'overlays', 'lab', 'spacetime.yaml'), asYaml(edit), work);
}

/** The same until the answer is called: for as long as a file's tests go on. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function overlaid(dir: string, edit: (overlay: any) => void): () => void {
  return edited(join(labPaths(dir).plans, 'overlays', 'lab', 'spacetime.yaml'), asYaml(edit));
}

/** Edits the plan itself, as data. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export async function withPlan<T>(dir: string, edit: (plan: any) => void, work: () => Promise<T>): Promise<T> {
  return await withPlanText(dir, asYaml(edit), work);
}

/** An edit of the overlay: the watch looks often, and lasts until a test has seen what it wants to see. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function watchedLonger(overlay: any): void {
  overlay.watch = { for: '2m', every: '1s' };
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function asYaml(edit: (value: any) => void): (text: string) => string {
  return (text) => {
    const value = parse(text);
    edit(value);
    return stringify(value);
  };
}

async function withFile<T>(file: string, edit: (text: string) => string, work: () => Promise<T>): Promise<T> {
  const putBack = edited(file, edit);
  try {
    return await work();
  } finally {
    putBack();
  }
}

function edited(file: string, edit: (text: string) => string): () => void {
  const was = readFileSync(file, 'utf8');
  const text = edit(was);
  if (text === was) throw new Error(`The edit of ${file} changed nothing.`);
  writeWhole(file, text);
  return () => writeWhole(file, was);
}

/** Beside it and renamed, as editors do: a backup may begin at that very moment. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
