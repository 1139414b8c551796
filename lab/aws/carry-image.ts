/**
 * `CopyImage` between servers that know nothing of each other: each of the lab's regions has one of its own, and a copy looks for its
 * source in the server that it is asked of.
 */
import { DescribeImagesCommand, EC2Client, RegisterImageCommand } from '@aws-sdk/client-ec2';

const credentials = { accessKeyId: 'lab', secretAccessKey: 'lab' };

/**
 * Tells the target's server of the source image, where that exists. Out: the request's body with the id that it has there, which is as long.
 *
 * @param servers  each region's own
 */
export async function carryImage(servers: Record<string, URL>, region: string, body: Buffer): Promise<Buffer> {
  const text = body.toString('latin1');
  const asked = new URLSearchParams(text);
  const [from, id] = [asked.get('SourceRegion') ?? '', asked.get('SourceImageId') ?? ''];
  const [source, target] = [servers[from], servers[region]];
  if (!source || !target || !id || source.href === target.href) return body;
  if (!(await findImage(clientOf(from, source), 'image-id', id))) return body;
  const there = clientOf(from, target);
  const carried = (await findImage(there, 'name', id)) ?? (await register(there, id));
  return Buffer.from(text.replace(`SourceImageId=${id}`, `SourceImageId=${carried}`), 'latin1');
}

function clientOf(region: string, url: URL): EC2Client {
  const requestHandler = { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true };
  return new EC2Client({ region, endpoint: url.href, credentials, maxAttempts: 1, requestHandler });
}

async function findImage(client: EC2Client, filter: 'image-id' | 'name', value: string): Promise<string | undefined> {
  const asked = { Owners: ['self'], Filters: [{ Name: filter, Values: [value] }] };
  return (await client.send(new DescribeImagesCommand(asked))).Images?.[0]?.ImageId;
}

async function register(client: EC2Client, id: string): Promise<string> {
  const { ImageId } = await client.send(new RegisterImageCommand({ Name: id, RootDeviceName: '/dev/sda1' }));
  return ImageId as string;
}
