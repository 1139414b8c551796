/** All hosts of the lab together: their disks, their power, and putting both back. */
import { type LabCredentials, motoUrl } from '../environment.ts';
import { hosts, primary, type Region, regions, machines as specs } from '../layout.ts';
import type { LabOptions } from '../options.ts';
import type { LabPaths } from '../paths.ts';
import { run, until } from '../shell.ts';
import { freshDisk, hasDisk, placeForDisks } from './disk.ts';
import { makeKeys } from './keys.ts';
import { sshOptions } from './login.ts';
import { type HostStatus, type Machine, machine } from './machine.ts';
import { pristineCluster } from './postgres.ts';
import { powerSwitch } from './power.ts';

export type PowerVerb = 'off' | 'on' | 'reboot' | 'broken' | 'repair';
export type ParkStatus = (HostStatus & { instance?: { id: string; state: string } })[];

/** `isUp`: whether a region's own services can be asked now. */
export function hostPark(
  paths: LabPaths,
  options: LabOptions,
  credentials: LabCredentials,
  isUp: (region: Region) => boolean,
) {
  const machines = specs.map((host) => machine(paths, host, options));
  const power = powerSwitch(machines, motoUrl, credentials);

  /** Keys, clusters and disks. Resolves with something to tell, if there is. */
  async function makeDisks(): Promise<string | undefined> {
    await makeKeys(paths);
    const told = await placeForDisks(paths);
    await Promise.all(
      specs.map(async (host) => {
        if (host.role === 'db') await pristineCluster(paths, host);
        if (!hasDisk(paths, host)) await freshDisk(paths, host);
      }),
    );
    return told;
  }

  /** From now on power follows EC2; resolves when the primary's hosts are on. */
  async function switchOn(): Promise<void> {
    await followAll();
    power.watchAll();
    await untilPrimaryIsOn();
  }

  async function followAll(): Promise<void> {
    await Promise.all(regions.map(({ name }) => power.follow(name)));
  }

  function untilPrimaryIsOn(): Promise<void> {
    const on = () => machines.every((one) => !ofPrimary(one) || one.status().power === 'on');
    return until(`the hosts of ${primary} are on (see the logs host-*)`, on, { timeoutMs: 60_000 });
  }

  /** The EC2 of a region that is not up cannot be asked: then the plug alone is pulled, and EC2 rules again once healed. */
  async function set(host: string, verb: PowerVerb): Promise<void> {
    const one = find(machines, host);
    if (verb === 'reboot') return one.reboot();
    if (verb === 'broken' || verb === 'repair') return one.setBroken(verb === 'broken');
    if (isUp(one.spec.region)) await power.ask(one, verb);
    if (verb === 'off' || one.status().power === 'crashed') await one.off();
    if (verb === 'on') one.on();
  }

  /** Power as EC2 has it after `reseed`, standby disks fresh (`rewind`: and those of the primary as kept), enabled units of the primary running. */
  async function reset(reseed: () => Promise<void>, { rewind }: { rewind: boolean }): Promise<void> {
    await whilePaused(async () => {
      for (const one of machines) one.setBroken(false);
      await reseed();
      await Promise.all(machines.filter((one) => !ofPrimary(one)).map((one) => one.wipe()));
      if (rewind) await Promise.all(machines.filter(ofPrimary).map((one) => one.rewind()));
      for (const one of machines) if (one.status().power === 'crashed') await one.off();
    });
  }

  /** The primary's disks of now are those that a rewind brings back. */
  async function keep(): Promise<void> {
    await stopUnits(paths);
    await whilePaused(async () => {
      await Promise.all(machines.filter(ofPrimary).map((one) => one.keep()));
    });
  }

  /** Power is not followed meanwhile; after it the primary runs. */
  async function whilePaused(work: () => Promise<void>): Promise<void> {
    power.pause(true);
    try {
      await work();
    } finally {
      power.pause(false);
    }
    await followAll();
    await untilPrimaryIsOn();
    await startUnits(paths);
  }

  function status(): ParkStatus {
    return machines.map((one) => {
      const instance = power.instance(one.spec.name);
      return { ...one.status(), ...(instance && { instance: { id: instance.id, state: instance.state } }) };
    });
  }

  return { makeDisks, switchOn, set, keep, reset, status };
}

function ofPrimary(one: Machine): boolean {
  return one.spec.region === primary;
}

function find(machines: Machine[], host: string): Machine {
  const one = machines.find((each) => each.spec.name === host || each.spec.address === host);
  if (!one) throw new Error(`No host ${host} in the lab. Try: ${specs.map((each) => each.name).join(', ')}.`);
  return one;
}

/** Starts what is enabled on the primary's hosts and was stopped there, as a fence does. */
function startUnits(paths: LabPaths): Promise<void> {
  return eachUnit(paths, 'start');
}

/** So that what is kept of a disk was closed as at a shutdown. */
function stopUnits(paths: LabPaths): Promise<void> {
  return eachUnit(paths, 'stop');
}

async function eachUnit(paths: LabPaths, verb: 'start' | 'stop'): Promise<void> {
  const script = `for unit in /etc/systemd/system/multi-user.target.wants/*.service; do
    [ ! -e "$unit" ] || systemctl ${verb} "$(basename "$unit")"
  done`;
  const login = sshOptions({ ssh: paths.sshKey, knownHosts: paths.knownHosts });
  const its = hosts.filter((host) => host.region === primary);
  await Promise.all(its.map(({ address }) => run('ssh', [...login, `root@${address}`, script])));
}
