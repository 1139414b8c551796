/** The range itself, inside the sealed namespaces: brings everything up side by side and can fail any of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { arcadeStores } from './arcade/stores.ts';
import { clearFaults } from './aws/faults.ts';
import { resetAws, type SeededAws, seedAws } from './aws/seed.ts';
import { awsSeed } from './aws-seed.ts';
import { labCredentials, plainEnvironment } from './environment.ts';
import { callPlanHook } from './hook.ts';
import { hostPark, type ParkStatus } from './hosts/park.ts';
import { primary, type Region, regions } from './layout.ts';
import { setUpNetwork, useLabResolver } from './network/setup.ts';
import type { LabOptions } from './options.ts';
import { labPaths } from './paths.ts';
import { bundleWorkflows } from './processes/bundle.ts';
import { labProcesses, musterProcesses } from './processes/list.ts';
import { type ProcessStatus, processManager } from './processes/manager.ts';
import { type RegionHealth, regionFaults } from './regions.ts';
import { copyTree } from './shell.ts';
import type { Tools } from './tools/ensure.ts';

export type RangeStatus = {
  regions: { name: Region; primary: boolean; state: RegionHealth }[];
  cut: boolean;
  hosts: ParkStatus;
  processes: ProcessStatus[];
  seeded?: SeededAws;
};
export type Range = ReturnType<typeof createRange>;

export function createRange(dir: string, options: LabOptions, tools: Tools, note: (line: string) => void) {
  const paths = labPaths(dir);
  const credentials = labCredentials(paths);
  const context = { paths, tools, options, credentials };
  const seed = awsSeed(credentials);
  const processes = processManager(paths, plainEnvironment());
  const faults = regionFaults(paths, processes);
  const park = hostPark(paths, options, credentials, (region) => faults.state(region) === 'up');
  const servers = labProcesses(context);
  /** Started by who needs them. */
  const onDemand = arcadeStores(paths);
  let seeded: SeededAws | undefined;

  /** Resolves, when all is ready, with what the lab's plan adds to the environment. */
  async function start(): Promise<Record<string, string>> {
    for (const path of [paths.logs, paths.run, paths.plans]) mkdirSync(path, { recursive: true });
    await useLabResolver(paths);
    await setUpNetwork(paths);
    note('network of two regions and a third place');
    for (const spec of [...servers, ...onDemand]) processes.add(spec);
    const names = servers.map((spec) => spec.name);
    const aws = step('AWS of both regions, seeded', startAws(names.filter(isAws)));
    const disks = step('disks of the hosts', makeDisks());
    const [bundle] = await Promise.all([
      bundleWorkflows(paths, options, note),
      ...names.filter((name) => !isAws(name)).map((name) => step(name, processes.start(name))),
      Promise.all([aws, disks]).then(() => step(`hosts of ${primary}`, park.switchOn())),
    ]);
    const env = { ...bundle, ...(await writePlan()) };
    for (const spec of musterProcesses(context, env)) processes.add(spec);
    await startMuster();
    return env;
  }

  async function startAws(names: string[]): Promise<void> {
    await Promise.all(names.map(processes.start));
    seeded = await seedAws(seed);
  }

  async function makeDisks(): Promise<void> {
    const told = await park.makeDisks();
    if (told) note(told);
  }

  /** Muster may be broken while the lab is sound: then that is said, and the lab stands for finding out why. */
  async function writePlan(): Promise<Record<string, string>> {
    return callPlanHook(paths, seeded as SeededAws).catch((error: Error) => {
      note(`NO PLAN for this lab: ${error.message}`);
      return {};
    });
  }

  /** As with the plan: a worker that does not start is told, not fatal. */
  async function startMuster(): Promise<void> {
    const own = new Set([...servers, ...onDemand].map((spec) => spec.name));
    const names = processes.list().flatMap(({ name }) => (own.has(name) ? [] : [name]));
    await Promise.all(
      names.map((name) =>
        step(name, processes.start(name)).catch((error: Error) => note(`NOT STARTED: ${error.message}`)),
      ),
    );
  }

  async function step(what: string, work: Promise<unknown>): Promise<void> {
    const began = performance.now();
    await work;
    note(`${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  }

  /** Back to before a disaster: all healed, no faults, records and power as seeded, standby disks fresh; `rewind`: disks and stores as kept. */
  async function reset({ rewind = false } = {}): Promise<void> {
    await faults.healAll();
    await Promise.all(servers.map((spec) => processes.start(spec.name)));
    if (processes.has('proxy')) await clearFaults(join(paths.run, 'proxy.sock'));
    if (rewind) await withoutStores((from) => copyTree(kept(from), from));
    const reseed = async () => {
      if (seeded) await resetAws(seed, seeded);
    };
    await park.reset(reseed, { rewind });
    await startMuster();
  }

  /** What the primary's hosts and the stores hold now is what `reset` with `rewind` brings back. */
  async function keep(): Promise<void> {
    await withoutStores((from) => copyTree(from, kept(from)));
    await park.keep();
  }

  /** Nobody writes to the stores of the regions meanwhile. */
  async function withoutStores(work: (path: string) => Promise<void>): Promise<void> {
    const names = servers.map((spec) => spec.name).filter((name) => name.startsWith('store-'));
    await Promise.all(names.map((name) => processes.stop(name)));
    await Promise.all(regions.map(({ name }) => work(paths.store(name))));
    await Promise.all(names.map((name) => processes.start(name)));
  }

  function status(): RangeStatus {
    return {
      regions: regions.map(({ name }) => ({ name, primary: name === primary, state: faults.state(name) })),
      cut: faults.isCut(),
      hosts: park.status(),
      processes: processes.list(),
      seeded,
    };
  }

  const { kill, heal, hang, cut } = faults;
  return { start, kill, heal, hang, cut, power: park.set, keep, reset, status, processes };
}

function kept(path: string): string {
  return `${path}.kept`;
}

function isAws(name: string): boolean {
  return name.startsWith('moto-') || name.startsWith('store-');
}
