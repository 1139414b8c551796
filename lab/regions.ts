/** What can be done to a whole region: kill, hang, heal, and cutting the two from each other. */
import { type Place, type Region, regions } from './layout.ts';
import { cutRegion, cutSites, healRegion, joinSites } from './network/faults.ts';
import type { LabPaths } from './paths.ts';
import type { ProcessManager } from './processes/manager.ts';
import { workersOf } from './processes/muster.ts';

export type RegionHealth = 'up' | 'killed' | 'hung';

export function regionFaults(paths: LabPaths, processes: ProcessManager) {
  const health = new Map<Region, RegionHealth>(regions.map(({ name }) => [name, 'up']));
  const inTurn = queue();
  let sitesCut = false;

  /** Cuts every packet to and from the region and kills its workers. Its hosts run on, unreachable, as real ones would. */
  async function kill(region: Region): Promise<void> {
    await inTurn(async () => {
      if (health.get(region) === 'hung') thaw(region);
      if (health.get(region) !== 'killed') await cutRegion(paths, region);
      health.set(region, 'killed');
    });
    await Promise.all(present(region).map((name) => processes.stop(name)));
  }

  /** Undoes kill and hang; the workers are started again. */
  async function heal(region: Region): Promise<void> {
    await reconnect(region);
    await Promise.all(present(region).map((name) => processes.start(name)));
  }

  /** Undoes kill and hang, but leaves killed workers dead. */
  function reconnect(region: Region): Promise<void> {
    return inTurn(async () => {
      if (health.get(region) === 'killed') await healRegion(paths, region);
      health.set(region, 'up');
      thaw(region);
    });
  }

  /** Freezes the region's AWS, store and workers: connections are taken and never answered. */
  async function hang(region: Region): Promise<void> {
    if (health.get(region) === 'killed') throw new Error(`${region} is killed. Try: heal it first.`);
    for (const name of processes.inPlace(region)) processes.freeze(name);
    health.set(region, 'hung');
  }

  function thaw(place: Place): void {
    for (const name of processes.inPlace(place)) processes.thaw(name);
  }

  function cut(on: boolean): Promise<void> {
    return inTurn(async () => {
      await (on ? cutSites() : joinSites());
      sitesCut = on;
    });
  }

  function present(region: Region): string[] {
    return workersOf(region).filter((name) => processes.has(name));
  }

  async function healAll(): Promise<void> {
    await Promise.all([...regions.map(({ name }) => reconnect(name)), cut(false)]);
    thaw('third');
  }

  return {
    kill,
    heal,
    hang,
    cut,
    healAll,
    state: (region: Region) => health.get(region) ?? 'up',
    isCut: () => sitesCut,
  };
}

/** One network change after the other, whoever asks: rules and what is known of them stay together. */
function queue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(act: () => Promise<T>): Promise<T> => {
    const mine = last.then(act, act);
    last = mine.catch(() => {});
    return mine;
  };
}
