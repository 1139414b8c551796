/** Steps `fingerprintProduction` and `proveUntouched`: what the real thing was before a drill, and that it is the same after it. */

import { z } from 'zod';
import { countOf, differencesOf, fingerprintSchema } from '../../domain/drills/fingerprint.ts';
import { refusal } from '../../domain/errors.ts';
import { outputOf } from '../points/prepared.ts';
import { defineStep } from '../step.ts';
import { type RealThing, readFingerprint, realThingSchema } from './read-fingerprint.ts';

const seenSchema = z.object({ fingerprint: fingerprintSchema });

/** Output: `{ outcome, fingerprint }`. */
export const fingerprintProduction = defineStep({
  kind: 'fingerprintProduction',
  version: 1,
  changes: false,
  input: realThingSchema,
  title: ({ service }) => `Note what ${service} is before the drill`,
  shell: looksByHand,
  limits: { startToClose: 120_000 },
  async run(real, context) {
    const fingerprint = await readFingerprint(real, context);
    return { outcome: `${countOf(fingerprint)} things noted`, fingerprint };
  },
});

/** Output: `{ outcome, compared }`. Refusal `ProductionTouched` names what differs. `needs` the step that noted. */
export const proveUntouched = defineStep({
  kind: 'proveUntouched',
  version: 1,
  changes: false,
  input: realThingSchema.extend({ before: z.string() }),
  title: ({ service }) => `Prove that the drill did not touch ${service}`,
  shell: looksByHand,
  limits: { startToClose: 120_000 },
  async run({ before: step, ...real }, context) {
    // Where it ended before that was noted, nothing had been begun.
    if (context.outputs[step] === undefined) return { outcome: 'nothing was begun, so there is nothing to compare' };
    const { fingerprint: before } = outputOf(seenSchema, context.outputs, step);
    const after = await readFingerprint(real, context, before.points);
    const differences = differencesOf(before, after);
    const compared = countOf(after);
    if (differences.length === 0) return { outcome: `all ${compared} are as they were`, compared };
    throw refusal(
      'ProductionTouched',
      `${real.service} is not what it was before the drill: ${differences.join('; ')}.`,
      'find out who changed it: the audit log has all that this run did.',
    );
  },
});

function looksByHand({ zone, names, hosts, url }: RealThing): string[] {
  const regions = [...new Set(hosts.map(({ region }) => region))];
  return [
    ...names.map(
      (name) =>
        `aws route53 list-resource-record-sets --hosted-zone-id ${zone} --start-record-name ${name} --max-items 1`,
    ),
    ...regions.map((region) => {
      const ids = hosts.flatMap((each) => (each.region === region && each.instance ? [each.instance] : []));
      return ids.length > 0
        ? `aws ec2 describe-instances --region ${region} --instance-ids ${ids.join(' ')} --query 'Reservations[].Instances[].[InstanceId,State.Name,PrivateIpAddress]'`
        : `# ${region}: ssh to ${hosts
            .filter((each) => each.region === region)
            .map(({ address }) => address)
            .join(', ')} and look`;
    }),
    `curl -fsS --max-time 5 ${url}`,
  ];
}
