/** SpaceTime's own plan with an assessment of a lost us-east-1, for tests of compilers. */
import { loadPlan } from '../../activities/plans/load-plan.ts';
import type { Host } from '../../domain/host.ts';
import { componentSchema } from '../../domain/plan/component.ts';
import { drillSchema } from '../../domain/plan/drills.ts';
import { isolationSchema } from '../../domain/plan/isolation.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import type { Situation } from '../../playbooks/compiler.ts';

const plans = new URL('../../plans/', import.meta.url).pathname;

/** `standby` of a PostgreSQL component that streams. */
export const streaming = {
  strategy: 'replica',
  dataDirectory: '/var/lib/postgresql/15/main',
  start: 'systemctl start postgresql',
  stop: 'systemctl stop postgresql',
  user: 'replicator',
  password: { env: 'REPLICATION' },
  slot: 'spacetime',
};

/** As the runbooks' quarterly drill, of what is restored. */
const quarterly = {
  name: 'quarterly',
  kind: 'restore-test',
  cron: '0 10 * 1,4,7,10 6#1',
  participants: [{ role: 'DR Coordinator' }, { role: 'Engineering Manager' }],
  checklist: {
    before: [{ title: 'Notify team and stakeholders' }],
    during: [{ title: 'All endpoints functional', ask: 'yes-no' }],
    after: [{ title: 'Document lessons learned', ask: 'text' }],
  },
  signOff: ['DR Coordinator', 'Engineering Manager'],
};

/** The world of an isolated drill: a spare host, and one that is launched. */
export const drillWorld = {
  site: 'us-west-2',
  hosts: {
    app: { tags: { Environment: 'drill-spacetime', Role: 'app' } },
    db: {
      addresses: ['10.77.9.11'],
      launch: { image: 'copied', type: 'r6i.large', subnet: 'subnet-0d', securityGroups: ['sg-0d'] },
    },
  },
  name: { name: 'drill.spacetime-api.company.com' },
  wipe: 'rm -rf /opt/spacetime/logs',
};

export async function aSituation(procedure: Procedure, change: Partial<Assessment> = {}): Promise<Situation> {
  const { plan: loaded, sha256 } = await loadPlan(plans, 'spacetime');
  const plan = structuredClone(loaded);
  if (procedure === 'shift') {
    const identifiers = { 'us-east-1': 'blue', 'us-west-2': 'green' };
    for (const record of plan.traffic.records) {
      Object.assign(record, { weighted: { identifiers, shifts: [10, 50, 100], hold: 60_000 }, withdrawn: undefined });
    }
  }
  if (procedure === 'sync') {
    const [first] = plan.components.filter(({ driver }) => driver === 'files');
    Object.assign(first ?? {}, { standby: { strategy: 'warm', maximumAge: 86_400_000 } });
  }
  if (procedure === 'rejoin') {
    plan.components = plan.components.map((each) =>
      each.driver === 'postgresql' ? componentSchema.parse({ ...each, standby: streaming }) : each,
    );
  }
  if (procedure === 'isolated-drill') plan.isolation = isolationSchema.parse(drillWorld);
  const host = (site: string, group: string, index: number): Host => ({
    name: group,
    group,
    site,
    region: site,
    instance: `i-${site}-${group}`,
    address: `10.77.${index}.1${group === 'db' ? 1 : 0}`,
    ssh: { user: 'ubuntu', port: 22, key: { file: 'key' }, knownHosts: { file: 'known_hosts' } },
  });
  const away = procedure === 'failover' || procedure === 'switchover';
  const [from, to] =
    procedure === 'sync'
      ? ['us-west-2', 'us-west-2']
      : procedure === 'failback' || procedure === 'rejoin'
        ? ['us-west-2', 'us-east-1']
        : ['us-east-1', away ? 'us-west-2' : 'us-east-1'];
  const assessment: Assessment = {
    service: 'spacetime',
    procedure,
    from,
    to,
    at: '2026-01-02T03:15:00.000Z',
    plan: sha256,
    facts: [],
    risks: [],
    hosts: ['app', 'db'].flatMap((group) => [host('us-east-1', group, 1), host('us-west-2', group, 2)]),
    point: {
      id: '20260102_020000',
      takenAt: '2026-01-02T02:00:03.000Z',
      site: 'us-east-1',
      role: 'primary',
      label: 'daily',
      bytes: 1,
      storedBytes: 1,
      components: plan.components.map((component) => component.name),
      sha256: 'e'.repeat(64),
      locations: ['company-backups-dr'],
      torn: 0,
    },
    ...change,
  };
  if (procedure === 'isolated-drill') Object.assign(assessment, drillFound(assessment.hosts));
  const scratch = { restore: { components: ['application'], into: '/var/tmp/scratch' } };
  if (procedure === 'drill') plan.drills = [drillSchema.parse(quarterly)];
  const drill = { drill: { name: 'quarterly' } };
  const request =
    procedure === 'scratch-restore' ? { request: scratch } : procedure === 'drill' ? { request: drill } : {};
  return { plan, assessment, procedure, run: 'run-1', label: 'manual', ...request };
}

/** What the assessment of a drill finds: the drill's own hosts, apart from the real ones. */
function drillFound(real: readonly Host[]): Partial<Assessment> {
  const standby = real.filter(({ site }) => site === 'us-west-2');
  const hosts = standby.map(({ instance, ...host }): Host => {
    const own = { ...host, name: `drill-${host.group}`, address: `10.77.9.1${host.group === 'db' ? 1 : 0}` };
    return host.group === 'app' ? { ...own, instance: `${instance}-drill` } : own;
  });
  return {
    ...{ from: 'us-west-2', to: 'us-west-2', hosts, production: [...real] },
    images: [{ group: 'db', image: 'ami-0d' }],
  };
}
