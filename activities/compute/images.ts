/** Machine images that Muster made: found by name and tag, waited for until EC2 has them whole, and removed with their snapshots. */
import type { EC2Client, Image } from '@aws-sdk/client-ec2';
import { refusal } from '../../domain/errors.ts';
import { awsError } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';
import { type AskOptions, handling } from './instances.ts';

export interface MachineImage {
  readonly id: string;
  readonly name: string;
  /** `pending`, `available`, `failed` and others of EC2. */
  readonly state: string;
  /** ms since the epoch: when the machine was as it is in the image. Out of its name, which EC2 sets at once. */
  readonly takenAt: number;
  readonly snapshots: readonly string[];
}

/** What images are of. */
export interface ImageOf {
  readonly service: string;
  /** Region of the machine, which a copy elsewhere is still of. */
  readonly region: string;
  /** The host's name in the plan. */
  readonly host: string;
}

const stampOf = (ms: number) => new Date(ms).toISOString().slice(0, 19).replaceAll(':', '.');

/** `muster/spacetime/us-east-1/app/2026-01-02T03.15.00`: no two of a region have one name, which is what makes a second attempt find the first. */
export function imageName(of: ImageOf, takenAt: number): string {
  return `${prefixOf(of)}${stampOf(takenAt)}`;
}

function prefixOf({ service, region, host }: ImageOf): string {
  return `muster/${service}/${region}/${host}/`;
}

/** Newest first; those that EC2 gave up are left out. @throws errors of `awsError` */
export async function findImages(
  client: EC2Client,
  of: ImageOf,
  region: string,
  ask: AskOptions = {},
): Promise<MachineImage[]> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const prefix = prefixOf(of);
  const Filters = [{ Name: 'name', Values: [`${prefix}*`] }];
  const found: MachineImage[] = [];
  try {
    for await (const page of paginateDescribeImages({ client }, { Owners: ['self'], Filters }, handling(ask)))
      found.push(...(page.Images ?? []).flatMap((image) => imageOf(image, prefix)));
  } catch (error) {
    throw awsError(error, `Images of ${of.host} in ${region} could not be listed`);
  }
  return found.sort((a, b) => b.takenAt - a.takenAt);
}

/** Waits until EC2 has it whole. @throws ImageFailed, ImageStuck */
export async function awaitImage(
  client: EC2Client,
  of: ImageOf,
  { id, region, within }: { id: string; region: string; within: number },
  context: StepContext,
): Promise<MachineImage> {
  let state = 'not listed yet';
  const done = await waitFor(
    {
      within,
      every: 500,
      atMost: 15_000,
      signal: context.signal,
      onLook: (ms) => context.heartbeat({ text: `${id} in ${region} is ${state}, ${Math.round(ms / 1000)} s` }),
    },
    async () => {
      const found = await readImage(client, id, region, { signal: context.signal });
      state = found?.State ?? state;
      if (state === 'failed' || state === 'error' || state === 'invalid') {
        throw refusal(
          'ImageFailed',
          `EC2 gave up ${id} of ${of.host} in ${region}${found?.StateReason?.Message ? `: ${found.StateReason.Message}` : ''}.`,
          'deregister it in the EC2 console, mend what it says, then retry the step.',
        );
      }
      return state === 'available' ? imageOf(found as Image, '')[0] : undefined;
    },
  );
  if (done) return done;
  throw refusal(
    'ImageStuck',
    `${id} of ${of.host} in ${region} is ${state} after ${Math.round(within / 1000)} s.`,
    'give images.within of the plan more time, or look at it in the EC2 console; then retry the step.',
  );
}

/**
 * Deregisters it with the snapshots that it alone was made of. EC2 is asked to do both in one, for what comes after a deregistration is not
 * found again; what it has left is deleted here.
 */
export async function removeImage(
  client: EC2Client,
  image: MachineImage,
  region: string,
  context: StepContext,
): Promise<void> {
  const { DeleteSnapshotCommand, DeregisterImageCommand } = await import('@aws-sdk/client-ec2');
  const ask = handling({ signal: context.signal });
  context.assertCurrent();
  try {
    await client.send(new DeregisterImageCommand({ ImageId: image.id, DeleteAssociatedSnapshots: true }), ask);
    for (const SnapshotId of image.snapshots) {
      await client.send(new DeleteSnapshotCommand({ SnapshotId }), ask).catch((error: { name?: string }) => {
        if (error.name !== 'InvalidSnapshot.NotFound') throw error;
      });
    }
  } catch (error) {
    throw awsError(error, `Image ${image.id} in ${region} could not be removed`);
  }
}

async function readImage(client: EC2Client, id: string, region: string, ask: AskOptions): Promise<Image | undefined> {
  const { DescribeImagesCommand } = await import('@aws-sdk/client-ec2');
  try {
    return (await client.send(new DescribeImagesCommand({ ImageIds: [id] }), handling(ask))).Images?.[0];
  } catch (error) {
    // EC2's answers lag behind what it has just made.
    if ((error as { name?: string }).name === 'InvalidAMIID.NotFound') return undefined;
    throw awsError(error, `Image ${id} in ${region} could not be read`);
  }
}

function imageOf(image: Image, prefix: string): MachineImage[] {
  const { ImageId: id, Name: name = '', State: state = 'unknown', BlockDeviceMappings: disks = [] } = image;
  const stamp = name.slice(name.lastIndexOf('/') + 1);
  const takenAt = Date.parse(`${stamp.replaceAll('.', ':')}Z`);
  if (!id || !name.startsWith(prefix) || Number.isNaN(takenAt) || state === 'failed') return [];
  return [{ id, name, state, takenAt, snapshots: disks.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []) }];
}
