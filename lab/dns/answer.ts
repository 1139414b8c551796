/** What Route 53 would answer: aliases, failover and weighted sets, negative answers. Pure: no network, no clock. */
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { plainName, type Zone } from './zones.ts';

export type Question = { name: string; type: string };
export type Resource = { name: string; type: string; ttl: number; value: string };
export type Reply = { code: 'NOERROR' | 'NXDOMAIN' | 'REFUSED'; answers: Resource[]; authority?: Resource };

export type World = {
  zones: Zone[];
  /** Whether the health check with this id counts as healthy now. */
  healthy(checkId: string): boolean;
  /** A number from 0 (inclusive) to 1, for weighted sets. */
  random(): number;
};

/** Seconds that Route 53 gives to answers of aliases to load balancers. */
const aliasTtl = 60;
const deepest = 8;

export function answer(world: World, question: Question): Reply {
  const name = plainName(question.name);
  const zone = zoneOf(world.zones, name);
  if (!zone) return { code: 'REFUSED', answers: [] };
  const answers = resolve(world, zone, name, question.type, 0);
  if (answers.length > 0) return { code: 'NOERROR', answers };
  const exists = zone.records.some(({ Name = '' }) => plainName(Name) === name || plainName(Name).endsWith(`.${name}`));
  return { code: exists ? 'NOERROR' : 'NXDOMAIN', answers, authority: startOfAuthority(zone) };
}

function resolve(world: World, zone: Zone, name: string, type: string, depth: number): Resource[] {
  if (depth > deepest) return [];
  const own = choose(world, setsAt(zone, name, type));
  if (own.length === 0 && type !== 'CNAME') {
    const [link] = choose(world, setsAt(zone, name, 'CNAME')).flatMap((set) => values(set, name));
    if (!link) return [];
    const next = zoneOf(world.zones, plainName(link.value));
    return [link, ...(next ? resolve(world, next, plainName(link.value), type, depth + 1) : [])];
  }
  return own.flatMap((set) => {
    if (!set.AliasTarget) return values(set, name);
    const target = plainName(set.AliasTarget.DNSName ?? '');
    const there = zoneOf(world.zones, target);
    const found = there ? resolve(world, there, target, type, depth + 1) : [];
    return found.filter((one) => one.type === type).map((one) => ({ ...one, name, ttl: aliasTtl }));
  });
}

/** Exact name first, else the wildcard of the nearest parent. */
function setsAt(zone: Zone, name: string, type: string): ResourceRecordSet[] {
  const at = (wanted: string) => zone.records.filter((set) => plainName(set.Name ?? '') === wanted);
  const exact = at(name);
  const found = exact.length > 0 ? exact : at(`*.${name.split('.').slice(1).join('.')}`);
  return found.filter((set) => set.Type === type);
}

/** The sets that count now. When none is healthy, Route 53 behaves as if all were. */
function choose(world: World, sets: ResourceRecordSet[]): ResourceRecordSet[] {
  if (sets.length === 0 || sets.some((set) => set.SetIdentifier === undefined)) return sets;
  const live = sets.filter((set) => isHealthy(world, set, 0));
  if (sets.some((set) => set.Failover)) {
    const role = (wanted: string, among: ResourceRecordSet[]) => among.find((set) => set.Failover === wanted);
    return [role('PRIMARY', live) ?? role('SECONDARY', live) ?? role('PRIMARY', sets)].filter(
      (set) => set !== undefined,
    );
  }
  const among = live.length > 0 ? live : sets;
  if (among.some((set) => set.MultiValueAnswer)) return among.slice(0, 8);
  return weighted(among, world.random());
}

function weighted(sets: ResourceRecordSet[], draw: number): ResourceRecordSet[] {
  const total = sets.reduce((sum, set) => sum + (set.Weight ?? 0), 0);
  let mark = total === 0 ? draw * sets.length : draw * total;
  for (const set of sets) {
    mark -= total === 0 ? 1 : (set.Weight ?? 0);
    if (mark < 0) return [set];
  }
  return sets.slice(-1);
}

function isHealthy(world: World, set: ResourceRecordSet, depth: number): boolean {
  if (set.HealthCheckId && !world.healthy(set.HealthCheckId)) return false;
  if (!set.AliasTarget?.EvaluateTargetHealth || depth > deepest) return true;
  const target = plainName(set.AliasTarget.DNSName ?? '');
  const sets = zoneOf(world.zones, target)?.records.filter((one) => plainName(one.Name ?? '') === target) ?? [];
  return sets.some((one) => one.Type === set.Type && isHealthy(world, one, depth + 1));
}

function zoneOf(zones: Zone[], name: string): Zone | undefined {
  return zones
    .filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

function startOfAuthority(zone: Zone): Resource {
  const set = zone.records.find((one) => one.Type === 'SOA');
  const value = set?.ResourceRecords?.[0]?.Value ?? `ns.${zone.name} hostmaster.${zone.name} 1 7200 900 1209600 60`;
  const minimum = Number(value.split(' ').at(-1));
  return { name: zone.name, type: 'SOA', ttl: Math.min(set?.TTL ?? 900, minimum), value };
}

function values(set: ResourceRecordSet, name: string): Resource[] {
  return (set.ResourceRecords ?? []).map(({ Value = '' }) => ({
    name,
    type: set.Type ?? 'A',
    ttl: set.TTL ?? aliasTtl,
    value: Value,
  }));
}
