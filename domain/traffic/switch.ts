/** The switch object of a name: where it lies, what its presence means, and how a health check sees it. Pure. */
import { z } from 'zod';
import { refusal } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { StorageLocation } from '../plan/storage.ts';
import type { SwitchSettings, TrafficRecord } from '../plan/traffic.ts';

export const switchObjectSchema = z.object({
  /** Storage location in the plan. */
  location: z.string(),
  key: z.string(),
  /** Where health checks read it, without credentials. */
  url: z.string(),
  inverted: z.boolean(),
  /** The site of the record that the health check guards, and the one that answers while it fails. */
  primary: z.string(),
  standby: z.string(),
});
export type SwitchObject = z.infer<typeof switchObjectSchema>;

/** What Route 53's health check is told. Times in seconds, as its API has them. */
export interface WatchingCheck {
  readonly Type: 'HTTP' | 'HTTPS';
  readonly IPAddress?: string;
  readonly FullyQualifiedDomainName?: string;
  readonly Port: number;
  readonly ResourcePath: string;
  readonly Inverted: boolean;
  readonly RequestInterval: number;
  readonly FailureThreshold: number;
}

/**
 * @throws SwitchNotPossible where the plan has no such place, or nobody can tell at which address it is read
 */
export function switchOf(plan: Plan, record: TrafficRecord): SwitchObject {
  const names = Object.keys(record.sites);
  const primary = names.find((name) => plan.sites[name]?.role === 'primary');
  const standby = names.find((name) => name !== primary);
  if (!primary || !standby) {
    throw refusal(
      'SwitchNotPossible',
      `The switch of ${record.name} needs the primary site and another.`,
      'name both under traffic.records[].sites.',
    );
  }
  const settings = record.switch;
  const location = settings?.location ?? (plan.sites[standby]?.storage as string);
  const key = settings?.key ?? `${plan.service}/switch/${record.name.toLowerCase().replace(/\.$/, '')}`;
  const url = settings?.url ?? publicUrl(plan.storage[location], key);
  if (!url) {
    throw refusal(
      'SwitchNotPossible',
      `Where health checks read the switch object of ${record.name} at ${location} is not known.`,
      'name it: traffic.records[].switch.url.',
    );
  }
  return { location, key, url, inverted: settings?.inverted ?? true, primary, standby };
}

/** Whether the object must be there for the traffic to go to a site. */
export function mustBeThere(object: Pick<SwitchObject, 'inverted' | 'standby'>, site: string): boolean {
  return (site === object.standby) === object.inverted;
}

/** The site that health checks lead to while the object is there, or is not. */
export function siteWhile(object: SwitchObject, there: boolean): string {
  return there === object.inverted ? object.standby : object.primary;
}

export function watchingCheck(object: SwitchObject, settings?: SwitchSettings): WatchingCheck {
  const { protocol, hostname, port, pathname } = new URL(object.url);
  const secure = protocol === 'https:';
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname);
  return {
    Type: secure ? 'HTTPS' : 'HTTP',
    ...(isAddress ? { IPAddress: hostname } : { FullyQualifiedDomainName: hostname }),
    Port: port === '' ? (secure ? 443 : 80) : Number(port),
    ResourcePath: pathname,
    Inverted: object.inverted,
    RequestInterval: (settings?.every ?? 10_000) / 1000,
    FailureThreshold: settings?.failures ?? 3,
  };
}

/** What lets anybody read the switch object of a bucket, and nothing else, for health checks have no credentials. */
export function readingPolicy(location: StorageLocation, key: string): string | undefined {
  if (location.driver !== 's3') return undefined;
  // With what is written beside it to try whether it can be read.
  const Resource = `arn:aws:s3:::${location.bucket}/${prefixed(location, key)}*`;
  const Statement = [{ Sid: 'MusterSwitch', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

function publicUrl(location: StorageLocation | undefined, key: string): string | undefined {
  if (location?.driver !== 's3') return undefined;
  const path = prefixed(location, key);
  if (location.endpoint) return `${location.endpoint.replace(/\/+$/, '')}/${location.bucket}/${path}`;
  return `https://${location.bucket}.s3.${location.region}.amazonaws.com/${path}`;
}

function prefixed({ prefix }: StorageLocation, key: string): string {
  return prefix === '' ? key : `${prefix.replace(/\/+$/, '')}/${key}`;
}
