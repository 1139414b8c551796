/** The servers the lab did not write: Temporal, moto as AWS, versitygw as S3. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { searchAttributes } from '../../domain/run/search-attributes.ts';
import { motoUrl, storeUrl } from '../environment.ts';
import { ports, type Region, third } from '../layout.ts';
import type { ProcessContext } from './context.ts';
import type { ProcessSpec } from './spec.ts';

export function temporal({ paths, tools, options }: ProcessContext): ProcessSpec {
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
      ...deadClients.flatMap((each) => ['--dynamic-config-value', each]),
    ],
    // The UI comes up last of the server's parts; gRPC is asked too, for workers connect to that.
    ready: { http: `http://${third}:${ports.ui}/api/v1/namespaces` },
  };
}

export function moto({ tools }: ProcessContext, region: Region | 'global'): ProcessSpec {
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

export function store({ paths, tools, credentials }: ProcessContext, region: Region): ProcessSpec {
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

/**
 * Workers of a region that is cut off leave requests open, and the server hands tasks to them until it notices: by default
 * after 70 s, with 10 s lost for each task of a workflow. docs/temporal.md asks operators for the same.
 */
const deadClients = ['frontend.keepAliveTime="2s"', 'frontend.keepAliveTimeout="2s"'];

/** `Name=Type` of Muster's own search attributes, as the server's flag wants them. */
const muster = Object.values(searchAttributes).map(({ name, type }) => {
  const words = type
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${name}=${words.join('')}`;
});
