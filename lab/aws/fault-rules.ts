/** The faults the front proxy can inject: their shape, which call they match, and the answer they give. */
import * as z from 'zod';
import type { AwsCall } from './call.ts';

export const faultRule = z.strictObject({
  service: z.string().optional().describe('as in the SigV4 scope: ec2, route53, s3, sts …'),
  region: z.string().optional(),
  action: z.string().optional().describe('StartInstances, ChangeResourceRecordSets …'),
  kind: z.enum(['throttle', 'error500', 'reset', 'hang', 'capacity', 'latency', 'lost-answer']),
  times: z.int().positive().optional().describe('how many calls it hits; until cleared when absent'),
  ms: z.int().positive().optional().describe('latency only: milliseconds added'),
});
export type FaultRule = z.infer<typeof faultRule>;

export const fault = faultRule.extend({ id: z.string(), hits: z.int() });
export type Fault = z.infer<typeof fault>;

/** Whether a rule still applies to this call. Lack of capacity concerns only starting and running instances. */
export function matches(rule: Fault, call: AwsCall): boolean {
  if (rule.times !== undefined && rule.hits >= rule.times) return false;
  if (rule.kind === 'capacity' && !['StartInstances', 'RunInstances'].includes(call.action)) return false;
  return (['service', 'region', 'action'] as const).every((key) => rule[key] === undefined || rule[key] === call[key]);
}

export type ErrorAnswer = { status: number; type: string; body: string };

/** The error document of a service, in the dialect and with the code and status that the real service uses. */
export function errorAnswer(kind: 'throttle' | 'error500' | 'capacity', call: AwsCall): ErrorAnswer {
  if (kind === 'capacity') {
    const message = 'We currently do not have sufficient capacity in the Availability Zone you requested.';
    return { status: 500, type: 'text/xml', body: ec2Error('InsufficientInstanceCapacity', message) };
  }
  if (call.service === 'ec2') {
    return kind === 'throttle'
      ? { status: 503, type: 'text/xml', body: ec2Error('RequestLimitExceeded', 'Request limit exceeded.') }
      : { status: 500, type: 'text/xml', body: ec2Error('InternalError', 'An internal error has occurred.') };
  }
  if (call.service === 's3') {
    return kind === 'throttle'
      ? { status: 503, type: 'application/xml', body: s3Error('SlowDown', 'Please reduce your request rate.') }
      : { status: 500, type: 'application/xml', body: s3Error('InternalError', 'We encountered an internal error.') };
  }
  if (['route53', 'iam', 'sts', 'cloudfront'].includes(call.service)) {
    return kind === 'throttle'
      ? { status: 400, type: 'text/xml', body: queryError('Sender', 'Throttling', 'Rate exceeded') }
      : { status: 500, type: 'text/xml', body: queryError('Receiver', 'InternalFailure', 'Internal failure') };
  }
  const [status, code] = kind === 'throttle' ? [400, 'ThrottlingException'] : [500, 'InternalServerException'];
  return { status, type: 'application/x-amz-json-1.1', body: JSON.stringify({ __type: code, message: code }) };
}

const xml = '<?xml version="1.0" encoding="UTF-8"?>';

function ec2Error(code: string, message: string): string {
  return `${xml}<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>lab</RequestID></Response>`;
}

function s3Error(code: string, message: string): string {
  return `${xml}<Error><Code>${code}</Code><Message>${message}</Message><RequestId>lab</RequestId></Error>`;
}

function queryError(type: string, code: string, message: string): string {
  return `${xml}<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>lab</RequestId></ErrorResponse>`;
}
