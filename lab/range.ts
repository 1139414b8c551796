/** The range itself, inside the sealed namespaces: brings everything up side by side and can fail any of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearFaults } from './aws/faults.ts';
import { resetAws, type SeededAws, seedAws } from './aws/seed.ts';
import { awsSeed } from './aws-seed.ts';
import { labCredentials, motoUrl, plainEnvironment } from './environment.ts';
import { callPlanHook } from './hook.ts';
import { freshDisk, hasDisk, placeForDisks } from './hosts/disk.ts';
import { makeKeys } from './hosts/keys.ts';
import { sshOptions } from './hosts/login.ts';
import { type HostStatus, machine } from './hosts/machine.ts';
import { pristineCluster } from './hosts/postgres.ts';
import { powerSwitch } from './hosts/power.ts';
import { hosts, type Place, primary, type Region, regions, third } from './layout.ts';
import { cutRegion, cutSites, healRegion, joinSites } from './network/faults.ts';
import { setUpNetwork } from './network/setup.ts';
import type { LabOptions } from './options.ts';
import { labPaths } from './paths.ts';
import { bundleWorkflows } from './processes/bundle.ts';
import { labProcesses, musterProcesses } from './processes/list.ts';
import { type ProcessStatus, processManager } from './processes/manager.ts';
import { run, until } from './shell.ts';
import type { Tools } from './tools/ensure.ts';

export type RegionHealth = 'up' | 'killed' | 'hung';
export type RangeStatus = {
  regions: { name: Region; primary: boolean; state: RegionHealth }[];
  cut: boolean;
  hosts: (HostStatus & { instance?: { id: string; state: string } })[];
  processes: ProcessStatus[];
  seeded?: SeededAws;
};
export type Range = ReturnType<typeof createRange>;

type Note = (line: string) => void;

export function createRange(dir: string, options: LabOptions, tools: Tools, note: Note) {
  const paths = labPaths(dir);
  const credentials = labCredentials(paths);
  const processes = processManager(paths, plainEnvironment());
  const machines = hosts.map((host) => machine(paths, host, options));
  const power = powerSwitch(machines, motoUrl, credentials);
  const health = new Map<Region, RegionHealth>(regions.map(({ name }) => [name, 'up']));
  const context = { paths, tools, options, credentials };
  const seed = awsSeed(credentials);
  let sitesCut = false;
  let seeded: SeededAws | undefined;

  /** Resolves, when all is ready, with what the lab's plan adds to the environment. */
  async function start(): Promise<Record<string, string>> {
    for (const path of [paths.logs, paths.run, paths.plans, paths.etc]) mkdirSync(path, { recursive: true });
    await setUpNetwork(paths);
    note('network of two regions and a third place');
    for (const spec of labProcesses(context)) processes.add(spec);
    const servers = processes.list().map((each) => each.name);
    const step = async (what: string, work: Promise<unknown>) => note(`${what} (${await seconds(work)} s)`);
    const aws = step('AWS of both regions, seeded', startAws(servers.filter(isAws)));
    const disks = step('disks of the hosts', makeDisks());
    const [bundle] = await Promise.all([
      bundleWorkflows(paths, options, note),
      ...servers.filter((name) => !isAws(name)).map((name) => step(name, processes.start(name))),
      Promise.all([aws, disks]).then(() => step(`hosts of ${primary}`, switchPowerOn())),
    ]);
    const plan = await writePlan();
    const env = { ...bundle, ...plan };
    for (const spec of musterProcesses(context, env)) processes.add(spec);
    await Promise.all(musterNames().map((name) => step(name, startMuster(name))));
    return env;
  }

  async function writePlan(): Promise<Record<string, string>> {
    return callPlanHook(paths, seeded as SeededAws).catch((error: Error) => {
      note(`NO PLAN for this lab: ${error.message}`);
      return {};
    });
  }

  /** Muster may be broken while the lab is sound: then that is said, and the lab stands for finding out why. */
  async function startMuster(name: string): Promise<void> {
    await processes.start(name).catch((error: Error) => note(`NOT STARTED: ${error.message}`));
  }

  async function switchPowerOn(): Promise<void> {
    for (const { name } of regions) await power.follow(name);
    power.watchAll();
    await untilPrimaryIsOn();
  }

  function untilPrimaryIsOn(): Promise<void> {
    const on = () => machines.every((one) => one.spec.region !== primary || one.status().power === 'on');
    return until(`the hosts of ${primary} are on (see the logs host-*)`, on);
  }

  async function startAws(names: string[]): Promise<void> {
    await Promise.all(names.map(processes.start));
    seeded = await seedAws(seed);
  }

  async function makeDisks(): Promise<void> {
    await makeKeys(paths);
    const told = await placeForDisks(paths);
    if (told) note(told);
    await Promise.all(
      hosts.map(async (host) => {
        if (host.role === 'db') await pristineCluster(paths, host);
        if (!hasDisk(paths, host)) await freshDisk(paths, host);
      }),
    );
  }

  /** Cuts every packet to and from the region and kills its worker. Its hosts run on, unreachable, as real ones would. */
  async function kill(region: Region): Promise<void> {
    if (health.get(region) === 'hung') thaw(region);
    if (health.get(region) !== 'killed') await cutRegion(paths, region);
    health.set(region, 'killed');
    if (processes.has(`worker-${region}`)) await processes.stop(`worker-${region}`);
  }

  /** Undoes kill and hang; the worker is started again. */
  async function heal(region: Region): Promise<void> {
    await reconnect(region);
    const worker = `worker-${region}`;
    if (processes.has(worker)) await processes.start(worker);
  }

  async function reconnect(region: Region): Promise<void> {
    if (health.get(region) === 'killed') await healRegion(paths, region);
    health.set(region, 'up');
    thaw(region);
  }

  /** Freezes the region's AWS, store and worker: connections are taken and never answered. */
  async function hang(region: Region): Promise<void> {
    if (health.get(region) === 'killed') throw new Error(`${region} is killed. Try: heal it first.`);
    for (const name of processes.inPlace(region)) processes.freeze(name);
    health.set(region, 'hung');
  }

  function thaw(region: Place): void {
    for (const name of processes.inPlace(region)) processes.thaw(name);
  }

  async function cut(on: boolean): Promise<void> {
    await (on ? cutSites() : joinSites());
    sitesCut = on;
  }

  async function setPower(host: string, state: 'off' | 'on' | 'reboot' | 'broken' | 'repair'): Promise<void> {
    const one = find(host);
    if (state === 'reboot') return one.reboot();
    if (state === 'broken' || state === 'repair') return one.setBroken(state === 'broken');
    // The EC2 of a region that is not up cannot be asked: then the plug alone is pulled, and EC2 rules again once healed.
    if (health.get(one.spec.region) === 'up') await power.ask(one, state);
    return state === 'on' ? one.on() : one.off();
  }

  function find(host: string) {
    const one = machines.find((each) => each.spec.name === host || each.spec.address === host);
    if (!one) throw new Error(`No host ${host} in the lab. Try: ${hosts.map((each) => each.name).join(', ')}.`);
    return one;
  }

  /** Back to before a disaster: all healed, no faults, records and power as seeded, standby disks fresh. */
  async function reset(): Promise<void> {
    await Promise.all([...regions.map(({ name }) => reconnect(name)), cut(false)]);
    thaw('third');
    for (const one of machines) one.setBroken(false);
    for (const spec of labProcesses(context)) await processes.start(spec.name);
    if (processes.has('proxy')) await clearFaults(join(paths.run, 'proxy.sock'));
    power.pause(true);
    if (seeded) await resetAws(seed, seeded);
    await Promise.all(machines.filter((one) => one.spec.region !== primary).map((one) => one.wipe()));
    power.pause(false);
    for (const one of machines) if (one.status().power === 'crashed') await one.off();
    for (const { name } of regions) await power.follow(name);
    await untilPrimaryIsOn();
    await startUnits();
    await Promise.all(musterNames().map(startMuster));
  }

  /** Starts what is enabled on the primary's hosts and was stopped there, as a fence does. */
  async function startUnits(): Promise<void> {
    const script =
      'for unit in /etc/systemd/system/multi-user.target.wants/*.service; do [ ! -e "$unit" ] || systemctl start "$(basename "$unit")"; done';
    const login = sshOptions({ ssh: paths.sshKey, knownHosts: paths.knownHosts });
    const its = hosts.filter((host) => host.region === primary);
    await Promise.all(its.map(({ address }) => run('ssh', [...login, `root@${address}`, script])));
  }

  function musterNames(): string[] {
    const own = labProcesses(context).map((spec) => spec.name);
    return processes.list().flatMap(({ name }) => (own.includes(name) ? [] : [name]));
  }

  function status(): RangeStatus {
    return {
      regions: regions.map(({ name }) => ({ name, primary: name === primary, state: health.get(name) ?? 'up' })),
      cut: sitesCut,
      hosts: machines.map((one) => {
        const instance = power.instance(one.spec.name);
        return { ...one.status(), ...(instance && { instance: { id: instance.id, state: instance.state } }) };
      }),
      processes: processes.list(),
      seeded,
    };
  }

  return { start, kill, heal, hang, cut, power: setPower, reset, status, processes };
}

function isAws(name: string): boolean {
  return name.startsWith('moto-') || name.startsWith('store-');
}

async function seconds(work: Promise<unknown>): Promise<string> {
  const began = performance.now();
  await work;
  return ((performance.now() - began) / 1000).toFixed(1);
}

/** The lab's processes resolve names at the lab's own DNS. Visible inside its mount namespace only. */
export async function useLabResolver(dir: string): Promise<void> {
  const { etc } = labPaths(dir);
  const path = join(etc, 'resolv.conf');
  mkdirSync(etc, { recursive: true });
  writeFileSync(path, `nameserver ${third}\noptions timeout:1 attempts:2\n`);
  await run('mount', ['--bind', path, '/etc/resolv.conf']);
}
