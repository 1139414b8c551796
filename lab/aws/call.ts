/** What an AWS request is about: service and region from its SigV4 scope, action from its body, header or path. */
import type { IncomingHttpHeaders } from 'node:http';

export type AwsCall = { service: string; region: string; action: string };

type RawRequest = { method: string; url: string; headers: IncomingHttpHeaders; body?: Buffer };

/** Reads the call out of a request, or undefined when it carries no SigV4 scope (in the header or presigned). */
export function readCall(request: RawRequest): AwsCall | undefined {
  const url = new URL(request.url, 'http://lab');
  const scope =
    /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1] ?? url.searchParams.get('X-Amz-Credential');
  const [, , region, service] = scope?.split('/') ?? [];
  if (!region || !service) return undefined;
  return { service, region, action: readAction(service, request, url) };
}

function readAction(service: string, request: RawRequest, url: URL): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  const rest = restActions[service]?.find(
    ([method, path, query]) =>
      method === request.method && path.test(url.pathname) && (!query || url.searchParams.has(query)),
  );
  if (rest) return rest[3];
  const form = request.body?.toString('latin1') ?? '';
  return new URLSearchParams(form).get('Action') ?? url.searchParams.get('Action') ?? 'Unknown';
}

type RestAction = [method: string, path: RegExp, query: string | undefined, action: string];

const zone = '^/2013-04-01/hostedzone';
const check = '^/2013-04-01/healthcheck';
const object = /^\/[^/]+\/.+/;
const bucket = /^\/[^/]+\/?$/;

/** First match wins; actions of REST services that are not listed are called Unknown and match by service only. */
const restActions: Record<string, RestAction[]> = {
  route53: [
    ['POST', new RegExp(`${zone}/[^/]+/rrset/?$`), undefined, 'ChangeResourceRecordSets'],
    ['GET', new RegExp(`${zone}/[^/]+/rrset/?$`), undefined, 'ListResourceRecordSets'],
    ['GET', /^\/2013-04-01\/change\//, undefined, 'GetChange'],
    ['GET', /^\/2013-04-01\/hostedzonesbyname/, undefined, 'ListHostedZonesByName'],
    ['GET', new RegExp(`${zone}/?$`), undefined, 'ListHostedZones'],
    ['POST', new RegExp(`${zone}/?$`), undefined, 'CreateHostedZone'],
    ['GET', new RegExp(`${zone}/[^/]+/?$`), undefined, 'GetHostedZone'],
    ['DELETE', new RegExp(`${zone}/[^/]+/?$`), undefined, 'DeleteHostedZone'],
    ['POST', new RegExp(`${check}/?$`), undefined, 'CreateHealthCheck'],
    ['GET', new RegExp(`${check}/?$`), undefined, 'ListHealthChecks'],
    ['GET', new RegExp(`${check}/[^/]+/status`), undefined, 'GetHealthCheckStatus'],
    ['GET', new RegExp(`${check}/[^/]+/?$`), undefined, 'GetHealthCheck'],
    ['POST', new RegExp(`${check}/[^/]+/?$`), undefined, 'UpdateHealthCheck'],
    ['DELETE', new RegExp(`${check}/[^/]+/?$`), undefined, 'DeleteHealthCheck'],
  ],
  s3: [
    ['PUT', object, 'uploadId', 'UploadPart'],
    ['PUT', object, 'retention', 'PutObjectRetention'],
    ['PUT', object, undefined, 'PutObject'],
    ['GET', object, undefined, 'GetObject'],
    ['HEAD', object, undefined, 'HeadObject'],
    ['DELETE', object, undefined, 'DeleteObject'],
    ['GET', bucket, 'list-type', 'ListObjectsV2'],
    ['POST', bucket, 'delete', 'DeleteObjects'],
    ['HEAD', bucket, undefined, 'HeadBucket'],
  ],
  cloudfront: [['POST', /\/distribution\/[^/]+\/invalidation/, undefined, 'CreateInvalidation']],
};
