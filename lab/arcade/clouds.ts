/**
 * What Arcade needs outside of its hosts: a container, a bucket, and its name. Runs inside the lab's network.
 *
 *   node lab/arcade/clouds.ts make|remove ZONE
 */

import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { app, publicName } from './layout.ts';
import { azure, google } from './stores.ts';

const route53 = new Route53Client({});

async function container(): Promise<void> {
  const credential = new StorageSharedKeyCredential(azure.account, azure.key);
  await new BlobServiceClient(azure.endpoint, credential).getContainerClient(azure.container).createIfNotExists();
}

async function bucket(): Promise<void> {
  const answer = await fetch(`${google.endpoint}/storage/v1/b?project=lab`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: google.bucket }),
  });
  if (!answer.ok && answer.status !== 409) throw new Error(`No bucket at ${google.endpoint}: ${await answer.text()}`);
}

async function makeName(HostedZoneId: string): Promise<void> {
  const ResourceRecordSet = {
    Name: `${publicName}.`,
    Type: 'A' as const,
    TTL: 1,
    ResourceRecords: [{ Value: app.address }],
  };
  const ChangeBatch = { Changes: [{ Action: 'UPSERT' as const, ResourceRecordSet }] };
  await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
}

async function removeName(HostedZoneId: string): Promise<void> {
  const { ResourceRecordSets } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
  const Changes = (ResourceRecordSets ?? [])
    .filter(({ Name }) => Name === `${publicName}.`)
    .map((ResourceRecordSet) => ({ Action: 'DELETE' as const, ResourceRecordSet }));
  if (Changes.length === 0) return;
  await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
}

const [act, zone = ''] = process.argv.slice(2);
if (act === 'make') await Promise.all([container(), bucket(), makeName(zone)]);
else await removeName(zone);
