/** The reports of runs as they lie at a location or in the local folder, with their lists and signatures. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { mapLimited } from '../points/map-limited.ts';
import { type PinnedSigners, sha256Of } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { Part } from './part.ts';

interface Sources {
  readonly service: string;
  readonly signers: PinnedSigners;
  readonly stores: readonly ObjectStore[];
  readonly folder?: string | undefined;
}

const contents = ['report.json', 'report.md', 'report.html'];
const names = [...contents, 'report.sha256', 'report.sha256.sig'];
const sideBySide = 8;
/** A report of a run with thousands of steps is some MB. */
const mostBytes = 32 * 1024 * 1024;

type Copy = Record<string, Buffer>;

/** Of each run the first copy that is signed and fits its list; where there is none, the first that is there, named in `unsigned`. */
export async function reportFilesOf(
  runs: readonly string[],
  sources: Sources,
): Promise<Part & { readonly unsigned: readonly string[] }> {
  const files: Copy = {};
  const unsigned: string[] = [];
  const leftOut: string[] = [];
  await mapLimited(runs, sideBySide, async (run) => {
    const copies = await copiesOf(run, sources, leftOut);
    const proven = copies.find((copy) => isProven(copy, sources.signers));
    const any = proven ?? copies.find((copy) => copy['report.json']);
    if (!any) return void leftOut.push(`report of ${run}: no place gave it`);
    if (!proven) unsigned.push(`reports/${run}`);
    if (!proven && any['report.sha256'])
      leftOut.push(`signature of the report of ${run}: it fits nowhere, so the report stands here as one without`);
    for (const name of proven ? names : contents) if (any[name]) files[`reports/${run}/${name}`] = any[name];
  });
  return { files, leftOut, unsigned: unsigned.toSorted() };
}

async function copiesOf(run: string, { service, stores, folder }: Sources, leftOut: string[]): Promise<Copy[]> {
  const orNamed = (place: string, copy: Promise<Copy>): Promise<Copy> =>
    copy.catch((error) => {
      leftOut.push(`report of ${run} at ${place}: ${error instanceof Error ? error.message : String(error)}`);
      return {};
    });
  const atStores = stores.map((store) =>
    orNamed(
      store.location,
      copyOf(async (name) => (await store.get(layout.report(service, run, name), mostBytes)).body),
    ),
  );
  const inFolder = folder
    ? [
        orNamed(
          'the local folder',
          copyOf((name) => readFile(join(folder, service, run, name))),
        ),
      ]
    : [];
  return await Promise.all([...atStores, ...inFolder]);
}

async function copyOf(read: (name: string) => Promise<Buffer>): Promise<Copy> {
  const found = await Promise.all(names.map(async (name) => [name, await read(name).catch(absent)] as const));
  return Object.fromEntries(found.flatMap(([name, bytes]) => (bytes ? [[name, bytes]] : [])));
}

function absent(error: unknown): undefined {
  if (error instanceof Refusal && error.type === 'ObjectNotFound') return undefined;
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

function isProven(copy: Copy, signers: PinnedSigners): boolean {
  const [list, signature] = [copy['report.sha256'], copy['report.sha256.sig']];
  if (!list || !signature || !signers.signedBy(list, signature)) return false;
  const wanted = contents.map((name) => `${sha256Of(copy[name] ?? '')}  ${name}\n`).join('');
  return list.toString() === wanted;
}
