/** Object store driver for Azure Blob Storage. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import type { BlobRequestConditions, StoragePipelineOptions } from '@azure/storage-blob';
import { refusal } from '../../domain/errors.ts';
import type { AzureLocation } from '../../domain/storage/azure.ts';
import { explainAzure, isMissing, isPreconditionFailed } from './azure-errors.ts';
import { damaged, tooLarge } from './faults.ts';
import { bodyLimit, type ObjectInfo, type ObjectStore, type StoreOptions } from './store.ts';
import { putTime, type Watch, watched } from './watched.ts';

/**
 * Opens a location. Nothing is asked of the server yet. `endpoint` holds the account where the server wants it in the path.
 *
 * Errors: those of `faults.ts`, and `CredentialsMalformed`.
 */
export async function openAzureStore(
  name: string,
  location: AzureLocation,
  accountKey: string,
  options: StoreOptions = {},
): Promise<ObjectStore> {
  const sdk = await import('@azure/storage-blob');
  const { account, container } = location;
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(accountKey)) {
    throw refusal(
      'CredentialsMalformed',
      `Storage location ${name}: its accountKey is no access key of a storage account.`,
      'copy key1 of the account: az storage account keys list.',
    );
  }
  const credential = new sdk.StorageSharedKeyCredential(account, accountKey);
  const agent = new Agent({ keepAlive: true, maxSockets: 50, minVersion: 'TLSv1.3' });
  const endpoint = location.endpoint ?? `https://${account}.blob.core.windows.net`;
  const settings: StoragePipelineOptions & { agent?: Agent } = {
    retryOptions: { maxTries: options.maxAttempts ?? 3, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 },
    keepAliveOptions: { enable: true },
    ...(endpoint.startsWith('https:') ? { agent } : {}),
  };
  const client = new sdk.BlobServiceClient(endpoint, credential, settings).getContainerClient(container);
  const prefix = location.prefix === '' ? '' : `${location.prefix.replace(/\/+$/, '')}/`;
  const blob = (key: string) => client.getBlockBlobClient(prefix + key);
  const placeOf = (key: string) => ({ location: name, kind: 'container', holder: `${account}/${container}`, key });
  const requestTimeout = options.requestTimeout ?? 30_000;

  async function call<T>(key: string, action: (watch: Watch) => Promise<T>, ms = requestTimeout): Promise<T> {
    try {
      return await watched(ms, action);
    } catch (error) {
      throw explainAzure(error, placeOf(key));
    }
  }

  async function putWhen(key: string, body: Buffer, conditions: BlobRequestConditions) {
    async function put({ signal }: Watch) {
      try {
        const answer = await blob(key).upload(body, body.length, { conditions, abortSignal: signal });
        return { etag: answer.etag ?? '', versionId: answer.versionId };
      } catch (error) {
        const conditional = conditions.ifMatch !== undefined || conditions.ifNoneMatch !== undefined;
        if (conditional && (isPreconditionFailed(error) || (conditions.ifMatch !== undefined && isMissing(error)))) {
          return undefined;
        }
        throw error;
      }
    }
    return await call(key, put, putTime(requestTimeout, body.length));
  }

  async function read(key: string, from: number, count: number | undefined, limit: number) {
    return await call(key, async ({ signal, alive }) => {
      const answer = await blob(key).download(from, count, { abortSignal: signal });
      const chunks: Buffer[] = [];
      if ((answer.contentLength ?? 0) > limit) {
        (answer.readableStreamBody as { destroy?(): void } | undefined)?.destroy?.();
        throw tooLarge(key, answer.contentLength ?? 0, limit);
      }
      for await (const chunk of answer.readableStreamBody ?? []) {
        alive();
        chunks.push(chunk as Buffer);
      }
      const body = Buffer.concat(chunks);
      const md5 = count === undefined ? answer.contentMD5 : undefined;
      if (md5 && !createHash('md5').update(body).digest().equals(md5)) throw damaged(placeOf(key));
      return { body, etag: answer.etag ?? '', versionId: answer.versionId };
    });
  }

  async function presign(key: string, seconds: number, permissions: string): Promise<string> {
    const expiresOn = new Date(Date.now() + seconds * 1_000);
    return await blob(key).generateSasUrl({ permissions: sdk.BlobSASPermissions.parse(permissions), expiresOn });
  }

  return {
    location: name,
    async putIfAbsent(key, body) {
      const put = await putWhen(key, body, { ifNoneMatch: '*' });
      return put ? { outcome: 'created', versionId: put.versionId } : { outcome: 'exists' };
    },
    async put(key, body) {
      return (await putWhen(key, body, {})) ?? { etag: '' };
    },
    async putIfMatch(key, body, etag) {
      const put = await putWhen(key, body, etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag });
      return put ? { outcome: 'written', etag: put.etag } : { outcome: 'lost' };
    },
    get: (key, limit = bodyLimit) => read(key, 0, undefined, limit),
    async getRange(key, from, to) {
      return (await read(key, from, to - from + 1, to - from + 1)).body;
    },
    async head(key): Promise<ObjectInfo | undefined> {
      return await call(key, async ({ signal }) => {
        try {
          const found = await blob(key).getProperties({ abortSignal: signal });
          return {
            key,
            bytes: found.contentLength ?? 0,
            etag: found.etag ?? '',
            modified: found.lastModified ?? new Date(0),
            versionId: found.versionId,
            storageClass: found.accessTier,
          };
        } catch (error) {
          if (!isMissing(error)) throw error;
          return undefined;
        }
      });
    },
    async *list(under): AsyncIterable<ObjectInfo> {
      const pages = client.listBlobsFlat({ prefix: prefix + under }).byPage({ maxPageSize: 1_000 });
      for (let page = await call(under, () => pages.next()); !page.done; page = await call(under, () => pages.next())) {
        for (const { name: found, properties } of page.value.segment.blobItems) {
          yield {
            key: found.slice(prefix.length),
            bytes: properties.contentLength ?? 0,
            etag: properties.etag,
            modified: properties.lastModified,
            storageClass: properties.accessTier,
          };
        }
      }
    },
    async *folders(under): AsyncIterable<string> {
      const whole = prefix + under;
      const pages = client.listBlobsByHierarchy('/', { prefix: whole }).byPage({ maxPageSize: 1_000 });
      for (let page = await call(under, () => pages.next()); !page.done; page = await call(under, () => pages.next())) {
        for (const { name: found } of page.value.segment.blobPrefixes ?? []) yield found.slice(whole.length, -1);
      }
    },
    async delete(key) {
      await call(key, ({ signal }) => blob(key).deleteIfExists({ abortSignal: signal }));
    },
    // A tier changes nothing of the content, and knows no If-Match: to have looked is enough.
    async moveToClass(key, etag, storageClass) {
      return await call(key, async ({ signal }) => {
        const found = await blob(key).getProperties({ abortSignal: signal });
        if (found.etag !== etag) return { outcome: 'lost' };
        await blob(key).setAccessTier(storageClass, { abortSignal: signal });
        return { outcome: 'moved' };
      });
    },
    presignGet: (key, seconds) => presign(key, seconds, 'r'),
    // Create without write: whoever leaves the condition out still replaces nothing.
    presignPut: async (key, seconds) => ({
      url: await presign(key, seconds, 'c'),
      headers: { 'If-None-Match': '*', 'x-ms-blob-type': 'BlockBlob' },
    }),
    close() {
      agent.destroy();
    },
  };
}
