/** All processes of the lab, as data. A process whose program is not in this checkout yet is left out. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { searchAttributes } from '../../domain/search-attributes.ts';
import { serviceName } from '../aws/seed-zones.ts';
import { type LabCredentials, labEnvironment, motoUrl, storeUrl } from '../environment.ts';
import { ports, type Region, regions, third } from '../layout.ts';
import type { LabOptions } from '../options.ts';
import { checkout, type LabPaths } from '../paths.ts';
import type { Tools } from '../tools/ensure.ts';
import { digs } from './dig.ts';
import type { ProcessSpec } from './spec.ts';

export type ProcessContext = { paths: LabPaths; tools: Tools; options: LabOptions; credentials: LabCredentials };

/** The lab's own servers. */
export function labProcesses(context: ProcessContext): ProcessSpec[] {
  return wanted(context, [
    temporal(context),
    moto(context, 'global'),
    ...regions.map(({ name }) => moto(context, name)),
    ...regions.map(({ name }) => store(context, name)),
    proxy(context),
    dns(context),
    notices(context),
  ]);
}

/** What is tested in the lab: Muster's workers and its observer. `env` is added to what `lab exec` gives. */
export function musterProcesses(context: ProcessContext, env: Record<string, string>): ProcessSpec[] {
  const full = { ...labEnvironment(context.paths, context.credentials), ...env };
  return wanted(context, [...regions.map(({ name }) => worker(context, name, full)), observer(context, full)]);
}

function wanted({ options }: ProcessContext, all: (ProcessSpec | undefined)[]): ProcessSpec[] {
  return all.filter((spec): spec is ProcessSpec => spec !== undefined && !options.without.includes(spec.name));
}

const muster = Object.values(searchAttributes).map(({ name, type }) => {
  const words = type
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${name}=${words.join('')}`;
});

function temporal({ paths, tools, options }: ProcessContext): ProcessSpec {
  mkdirSync(paths.temporal, { recursive: true });
  return {
    name: 'temporal',
    place: 'third',
    command: [
      // On all addresses of the third place: bound to one of them its inner services dial 127.0.0.1 in vain.
      ...[tools.temporal, 'server', 'start-dev', '--ip', '0.0.0.0', '--port', `${ports.temporal}`],
      ...['--ui-port', `${ports.ui}`, '--ui-disable-news-fetch'],
      ...['--db-filename', join(paths.temporal, 'temporal.db'), '--log-level', 'warn'],
      ...[...muster, ...options.searchAttributes].flatMap((each) => ['--search-attribute', each]),
    ],
    // The UI comes up last of the server's parts; gRPC is asked too, for workers connect to that.
    ready: { http: `http://${third}:${ports.ui}/api/v1/namespaces` },
  };
}

function moto({ tools }: ProcessContext, region: Region | 'global'): ProcessSpec {
  const url = new URL(motoUrl(region));
  return {
    name: `moto-${region}`,
    place: region === 'global' ? 'third' : region,
    command: [tools.python, '-m', 'moto.server', '-H', url.hostname, '-p', url.port],
    env: {
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'false',
      PYTHONUNBUFFERED: '1',
      AWS_DEFAULT_REGION: region === 'global' ? 'us-east-1' : region,
    },
    ready: { http: `${url.origin}/moto-api/` },
  };
}

function store({ paths, tools, credentials }: ProcessContext, region: Region): ProcessSpec {
  const data = join(paths.store(region), 'data');
  const versions = join(paths.store(region), 'versions');
  for (const dir of [data, versions]) mkdirSync(dir, { recursive: true });
  const url = new URL(storeUrl(region));
  return {
    name: `store-${region}`,
    place: region,
    command: [
      ...[tools.versitygw, '--port', url.host, '--region', region, '--quiet', '--health', '/health'],
      ...['posix', '--versioning-dir', versions, data],
    ],
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    ready: { http: `${url.origin}/health` },
  };
}

function proxy({ paths }: ProcessContext): ProcessSpec | undefined {
  const program = join(checkout, 'lab/aws/proxy.ts');
  if (!existsSync(program)) return undefined;
  const perRegion = (flag: string, url: (region: Region) => string) =>
    regions.flatMap(({ name }) => [flag, `${name}=${url(name)}`]);
  return {
    name: 'proxy',
    place: 'third',
    command: [
      ...[process.execPath, program, '--listen', `${third}:${ports.aws}`, '--global', motoUrl('global')],
      ...perRegion('--region', motoUrl),
      ...perRegion('--s3', storeUrl),
      ...['--control', join(paths.run, 'proxy.sock')],
    ],
    ready: { tcp: { host: third, port: ports.aws } },
  };
}

function dns(_: ProcessContext): ProcessSpec | undefined {
  const program = join(checkout, 'lab/dns/responder.ts');
  if (!existsSync(program)) return undefined;
  return {
    name: 'dns',
    place: 'third',
    command: [process.execPath, program, '--listen', `${third}:${ports.dns}`, '--route53', motoUrl('global')],
    ready: { check: () => digs(`${third}:${ports.dns}`) },
  };
}

function worker({ options }: ProcessContext, region: Region, env: Record<string, string>): ProcessSpec | undefined {
  const program = join(checkout, 'workers/main.ts');
  const standard = existsSync(program) ? [process.execPath, program, '--queue', `muster-${region}`] : [];
  const command = (options.worker ?? standard).map((word) => word.replaceAll('{region}', region));
  if (command.length === 0) return undefined;
  return {
    name: `worker-${region}`,
    place: region,
    command,
    cwd: checkout,
    env: { ...env, AWS_REGION: region, MUSTER_REGION: region },
    ready: options.worker ? { started: true } : { says: 'worker ready' },
    optional: true,
  };
}

/** Asks SpaceTime by its name, as its users do, and writes a canary several times a second. */
function observer({ options, paths }: ProcessContext, env: Record<string, string>): ProcessSpec | undefined {
  const service = `http://${serviceName}:8080`;
  const standard = [
    ...[process.execPath, join(checkout, 'observer/main.ts'), '--listen', `${third}:${ports.observer}`],
    ...['--url', `${service}/status`, '--expect', 'overall_ready=true', '--canary', `${service}/writes`],
    ...['--resolver', `${third}:${ports.dns}`, '--interval', '250ms', '--log', join(paths.root, 'observer.jsonl')],
  ];
  const command = options.observer ?? standard;
  if (command.length === 0) return undefined;
  return {
    name: 'observer',
    place: 'third',
    command,
    cwd: checkout,
    env,
    ready: options.observer ? { started: true } : { tcp: { host: third, port: ports.observer } },
    optional: true,
  };
}

/** Stands in for chat, pager and dashboards: keeps what it is sent. */
function notices({ paths }: ProcessContext): ProcessSpec {
  const listen = `${third}:${ports.notices}`;
  return {
    name: 'notices',
    place: 'third',
    command: [
      ...[process.execPath, join(checkout, 'lab/notices/receiver.ts'), '--listen', listen],
      ...['--log', join(paths.root, 'notices.jsonl')],
    ],
    ready: { tcp: { host: third, port: ports.notices } },
  };
}
