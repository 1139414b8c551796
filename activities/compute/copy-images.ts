/**
 * Step `copyImages`: an image of each serving instance of a group, copied to the standby's region. P14: "Syncs AMIs/images". The instance is
 * not rebooted, so its disks are as after a power cut; the data comes back from recovery points.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { nameOf } from '../assessment/facts/hosts.ts';
import { awsError } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { awaitImage, findImages, type ImageOf, imageName, type MachineImage, removeImage } from './images.ts';
import { findInstances, handling } from './instances.ts';

const input = z.object({
  service: z.string(),
  group: z.string(),
  /** Of the instances, as in the plan. */
  tags: z.record(z.string(), z.string()),
  /** Region of the site that serves, and of the standby. */
  from: z.string(),
  to: z.string(),
  /** ms; no copy is made while one is younger. */
  every: z.number().int().positive(),
  /** Copies of a host that stay. */
  keep: z.number().int().positive(),
  /** ms */
  within: z.number().int().positive(),
  kmsKey: z.string().optional(),
});
type Input = z.output<typeof input>;

/** Output: `{ outcome, images: [{ host, image, takenAt, made }], removed }`. Refusals `InstanceNotFound`, `ImageFailed`, `ImageStuck`. */
export const copyImages = defineStep({
  kind: 'copyImages',
  version: 1,
  input,
  title: ({ group, from, to }) => `Copy images of ${group} from ${from} to ${to}`,
  shell: ({ service, group, from, to }) => [
    `image=$(aws ec2 create-image --region ${from} --instance-id INSTANCE --no-reboot --name muster/${service}/${from}/${group}/TIME --query ImageId --output text)`,
    `aws ec2 wait image-available --region ${from} --image-ids "$image"`,
    `aws ec2 copy-image --region ${to} --source-region ${from} --source-image-id "$image" --name muster/${service}/${from}/${group}/TIME`,
  ],
  async check(wanted, context) {
    const hosts = await instancesOf(wanted, context);
    const copies = await Promise.all(hosts.map(({ host }) => newestCopy(wanted, host, context)));
    const [oldest] = copies.toSorted((a, b) => (a?.takenAt ?? 0) - (b?.takenAt ?? 0));
    if (oldest && isYoung(oldest, wanted)) return { state: 'done', what: `${oldest.id}, of ${iso(oldest.takenAt)}` };
    return { state: 'ready', what: oldest ? `the newest is of ${iso(oldest.takenAt)}` : 'there is none' };
  },
  async run(wanted, context) {
    const hosts = await instancesOf(wanted, context);
    const images = [];
    for (const { host, instance } of hosts) images.push(await copyOne(wanted, host, instance, context));
    const removed: string[] = [];
    for (const { host } of hosts) removed.push(...(await removeOld(wanted, host, context)));
    const made = images.filter((image) => image.made).length;
    return { outcome: made > 0 ? `${made} copied` : 'young enough already', images, removed };
  },
});

async function copyOne(wanted: Input, host: string, instance: string, context: StepContext) {
  const { service, from, to, within } = wanted;
  const of: ImageOf = { service, region: from, host };
  const target = await context.ec2(to);
  const there = await newestCopy(wanted, host, context);
  if (there && isYoung(there, wanted)) {
    await awaitImage(target, of, { id: there.id, region: to, within }, context);
    return { host, image: there.id, takenAt: iso(there.takenAt), made: false };
  }
  const source = await context.ec2(from);
  const [newest] = await findImages(source, of, from, { signal: context.signal });
  // One that an attempt before has made is copied, not made again.
  const begun = newest && isYoung(newest, wanted) ? newest : undefined;
  const takenAt = begun?.takenAt ?? Date.now();
  const name = imageName(of, takenAt);
  const made = begun?.id ?? (await createImage(wanted, { of, instance, name }, context));
  await tag(wanted, of, { region: from, id: made }, context);
  await awaitImage(source, of, { id: made, region: from, within }, context);
  const copy = await copyTo(wanted, { of, image: made, name }, context);
  await tag(wanted, of, { region: to, id: copy }, context);
  await awaitImage(target, of, { id: copy, region: to, within }, context);
  return { host, image: copy, takenAt: iso(takenAt), made: true };
}

interface Making {
  readonly of: ImageOf;
  readonly name: string;
}

async function createImage(
  { from }: Input,
  { of, instance, name }: Making & { instance: string },
  context: StepContext,
): Promise<string> {
  const { CreateImageCommand } = await import('@aws-sdk/client-ec2');
  context.assertCurrent();
  context.log(`image ${name} of ${instance} in ${from}`);
  const asked = {
    InstanceId: instance,
    Name: name,
    NoReboot: true,
    Description: `${of.service} ${of.host}, by Muster`,
  };
  try {
    const client = await context.ec2(from);
    const { ImageId } = await client.send(new CreateImageCommand(asked), handling({ signal: context.signal }));
    return ImageId ?? '';
  } catch (error) {
    throw awsError(error, `An image of ${of.host} (${instance}, ${from}) could not be made`);
  }
}

async function copyTo(
  { from, to, kmsKey }: Input,
  { of, image, name }: Making & { image: string },
  context: StepContext,
): Promise<string> {
  const { CopyImageCommand } = await import('@aws-sdk/client-ec2');
  context.assertCurrent();
  const encryption = kmsKey ? { Encrypted: true, KmsKeyId: kmsKey } : {};
  // With one token EC2 answers a second request with the copy that the first has begun.
  const token = `${image}-${to}`;
  const asked = { SourceRegion: from, SourceImageId: image, Name: name, ClientToken: token, ...encryption };
  try {
    const client = await context.ec2(to);
    const { ImageId } = await client.send(new CopyImageCommand(asked), handling({ signal: context.signal }));
    return ImageId ?? '';
  } catch (error) {
    throw awsError(error, `The image of ${of.host} (${image}, ${from}) could not be copied to ${to}`);
  }
}

/** For people, and for what goes by tags; Muster itself goes by the name. */
async function tag(
  { group }: Input,
  { service, host }: ImageOf,
  { region, id }: { region: string; id: string },
  context: StepContext,
): Promise<void> {
  const { CreateTagsCommand } = await import('@aws-sdk/client-ec2');
  const tags = { Name: `${service} ${host}`, 'muster:service': service, 'muster:group': group, 'muster:host': host };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  context.assertCurrent();
  try {
    const client = await context.ec2(region);
    await client.send(new CreateTagsCommand({ Resources: [id], Tags }), handling({ signal: context.signal }));
  } catch (error) {
    throw awsError(error, `Image ${id} in ${region} could not be tagged`);
  }
}

/** At the standby all but the newest `keep`; where the service runs all but the newest. Only whole ones count, so the last is never removed. */
async function removeOld(wanted: Input, host: string, context: StepContext): Promise<string[]> {
  const { service, from, to, keep } = wanted;
  const removed: string[] = [];
  for (const [region, most] of [[to, keep] as const, [from, 1] as const]) {
    const client = await context.ec2(region);
    const images = await findImages(client, { service, region: from, host }, region, { signal: context.signal });
    for (const image of images.filter(({ state }) => state === 'available').slice(most)) {
      await removeImage(client, image, region, context);
      removed.push(image.name);
    }
  }
  return removed;
}

async function newestCopy(
  { service, from, to }: Input,
  host: string,
  context: StepContext,
): Promise<MachineImage | undefined> {
  const [newest] = await findImages(await context.ec2(to), { service, region: from, host }, to, {
    signal: context.signal,
  });
  return newest;
}

function isYoung({ takenAt }: MachineImage, { every }: Input): boolean {
  return Date.now() - takenAt < every;
}

/** Named as the plan names them: `app`, or `app-1`, `app-2` where a group has several. */
async function instancesOf({ group, tags, from }: Input, context: StepContext) {
  const found = await findInstances(await context.ec2(from), tags, { signal: context.signal }).catch(
    (error: unknown) => {
      throw awsError(error, `Instances of ${group} in ${from} could not be found`);
    },
  );
  if (found.length === 0) {
    throw refusal(
      'InstanceNotFound',
      `No instance in ${from} has the tags of ${group}.`,
      'check the tags in the plan; skip this step where the region is gone.',
    );
  }
  return found.map(({ id }, index) => ({ host: nameOf(group, index, found.length), instance: id }));
}

const iso = (ms: number) => new Date(ms).toISOString();
