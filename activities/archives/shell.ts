/** Questions to a component that a person would ask instead of a check; for the printed runbook. */
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import { onHost } from '../hosts/on-host.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { globQuoted, redisAt } from './by-hand.ts';

/** @param paths  of files, only these; else all that the component names */
export function verifyShell(component: Component, host: Host, { into = '', paths }: VerifyOptions = {}): string[] {
  if (component.driver === 'files') {
    const all = [...new Set(paths ?? [...component.paths, ...component.expected])];
    const below = into === '/' ? '' : into.replace(/\/$/, '');
    const looks = all.map((path) => globQuoted(`${below}${path}`)).join(' ');
    return [
      onHost(host, [
        `ls -ld ${looks}`,
        `find ${looks} -type f -exec sha256sum {} + | sha256sum   # of all that is there`,
      ]),
    ];
  }
  const asked = component.checks.map(({ query }) => askOf(component, query, into || undefined));
  return asked.length > 0 ? [onHost(host, asked)] : ['# its plan names no checks: look at it as its users would'];
}

interface VerifyOptions {
  readonly into?: string | undefined;
  readonly paths?: readonly string[] | undefined;
}

/** What a restore by hand found there, beside what it brought. */
export function divergenceShell(component: Component, host: Host): string[] {
  const { name } = component;
  if (component.driver === 'files') {
    const saved = `$(ls -t /var/tmp/before-${name}.*.tar.gz | head -n 1)`;
    return [onHost(host, [`cd / && tar -dzf "${saved}" || echo 'these differ from what was there before'`])];
  }
  const kept = component.driver === 'postgresql' ? `${component.database}_before` : undefined;
  return [
    '# now',
    ...verifyShell(component, host),
    ...(kept
      ? ['# before', ...verifyShell(component, host, { into: kept })]
      : ['# compare with what was saved before it']),
  ];
}

/** Nobody but who asks may be connected. */
export function sessionsShell(component: Component, host: Host): string[] {
  if (component.driver !== 'postgresql' && component.driver !== 'postgresql-pitr') {
    return ['# this kind of database cannot tell: see that nothing which writes to it runs any more'];
  }
  const query = `SELECT usename, client_addr, application_name FROM pg_stat_activity WHERE datname = '${component.database}' AND pid <> pg_backend_pid()`;
  return [onHost(host, [`${askOf(component, query)}   # answers nothing`])];
}

type Database = Exclude<Component, { driver: 'files' }>;

/** One question, as a person would ask it. */
function askOf(component: Database, query: string, elsewhere?: string): string {
  switch (component.driver) {
    case 'postgresql':
    case 'postgresql-pitr':
      return `runuser -u ${shellQuote(component.systemUser)} -- psql -XAt -p ${component.port} -d ${shellQuote(elsewhere ?? component.database)} -c ${shellQuote(query)}`;
    case 'redis':
      return `redis-cli${redisAt(component)} --no-raw ${query}`;
    case 'mariadb':
      return `mariadb -S ${shellQuote(component.socket)} -N -B --raw ${shellQuote(elsewhere ?? component.database)} -e ${shellQuote(query)}`;
  }
}
