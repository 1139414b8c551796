/** The lab's own servers in the third place: the way to AWS, the name server, the receiver of notices. */
import { join } from 'node:path';
import { motoUrl, storeUrl } from '../environment.ts';
import { ports, type Region, regions, third } from '../layout.ts';
import { checkout } from '../paths.ts';
import type { ProcessContext } from './context.ts';
import { digs } from './dig.ts';
import type { ProcessSpec } from './spec.ts';

export function proxy({ paths }: ProcessContext): ProcessSpec {
  const program = join(checkout, 'lab/aws/proxy.ts');
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

export function dns(): ProcessSpec {
  const program = join(checkout, 'lab/dns/responder.ts');
  return {
    name: 'dns',
    place: 'third',
    command: [process.execPath, program, '--listen', `${third}:${ports.dns}`, '--route53', motoUrl('global')],
    ready: { check: () => digs(`${third}:${ports.dns}`) },
  };
}

/** Stands in for chat, pager and dashboards: keeps what it is sent. */
export function notices({ paths }: ProcessContext): ProcessSpec {
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
