/** Takes the machine images of a region away, with their snapshots, as a test wants to begin without any. */
import {
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';

export async function resetImages(client: EC2Client): Promise<void> {
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'] }));
  for (const { ImageId, BlockDeviceMappings = [] } of Images) {
    await client.send(new DeregisterImageCommand({ ImageId }));
    const snapshots = BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
    for (const SnapshotId of snapshots) await client.send(new DeleteSnapshotCommand({ SnapshotId }));
  }
}
