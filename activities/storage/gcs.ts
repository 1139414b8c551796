/** Object store driver for Google Cloud Storage. A generation of an object serves as its ETag. */
import { createHash } from 'node:crypto';
import type { File, GetFilesOptions, Storage } from '@google-cloud/storage';
import { refusal } from '../../domain/errors.ts';
import type { GcsLocation } from '../../domain/storage/gcs.ts';
import { damaged, objectMissing, tooLarge } from './faults.ts';
import { explainGcs, isMissing, isPreconditionFailed } from './gcs-errors.ts';
import { bodyLimit, type ObjectInfo, type ObjectStore, type StoreOptions } from './store.ts';
import { putTime, type Watch, watched } from './watched.ts';

/**
 * Opens a location. Nothing is asked of the server yet. Tokens are sent over https only.
 *
 * @param keyFile  text of a service account's key, JSON
 *
 * Errors: those of `faults.ts`, and `CredentialsMalformed`.
 */
export async function openGcsStore(
  name: string,
  location: GcsLocation,
  keyFile: string,
  options: StoreOptions = {},
): Promise<ObjectStore> {
  const sdk = await import('@google-cloud/storage');
  const requestTimeout = options.requestTimeout ?? 30_000;
  const credentials = serviceAccount(name, keyFile);
  const storage = new sdk.Storage({
    apiEndpoint: location.endpoint,
    useAuthWithCustomEndpoint: location.endpoint?.startsWith('https:'),
    projectId: credentials.project_id ?? 'none',
    credentials,
    timeout: requestTimeout,
    retryOptions: {
      autoRetry: options.maxAttempts !== 1,
      maxRetries: (options.maxAttempts ?? 3) - 1,
      maxRetryDelay: 5,
    },
  });
  // The SDK has no setting of its own for its agents.
  const tls = { pool: { minVersion: 'TLSv1.3', maxSockets: 50 } };
  storage.interceptors.push({ request: (asked) => Object.assign(asked, tls) as Parameters<Storage['request']>[0] });
  const bucket = storage.bucket(location.bucket);
  const prefix = location.prefix === '' ? '' : `${location.prefix.replace(/\/+$/, '')}/`;
  const file = (key: string) => bucket.file(prefix + key);
  const placeOf = (key: string) => ({ location: name, kind: 'bucket', holder: location.bucket, key });

  async function call<T>(key: string, action: (watch: Watch) => Promise<T>, ms = requestTimeout): Promise<T> {
    try {
      return await watched(ms, action);
    } catch (error) {
      throw explainGcs(error, placeOf(key));
    }
  }

  async function putWhen(key: string, body: Buffer, generation: string | number | undefined) {
    async function put() {
      const target = file(key);
      try {
        await target.save(body, {
          resumable: false,
          // Checked by the server before the object is there; the SDK's own check deletes it afterwards.
          validation: false,
          metadata: { md5Hash: md5Of(body) },
          preconditionOpts: generation === undefined ? {} : { ifGenerationMatch: generation },
        });
        return { etag: String(target.metadata.generation ?? '') };
      } catch (error) {
        if (generation !== undefined && isPreconditionFailed(error)) return undefined;
        if (generation === undefined || generation === 0 || !isMissing(error)) throw error;
        return await bucketAnswers(key);
      }
    }
    return await call(key, put, putTime(requestTimeout, body.length));
  }

  /** A 404 does not always say whether object or bucket is missing: throws when it is the bucket. */
  async function bucketAnswers(key: string): Promise<undefined> {
    await bucket.getFiles({ prefix: prefix + key, autoPaginate: false, maxResults: 1 });
  }

  async function read(key: string, limit: number, range: { start?: number; end?: number } = {}) {
    return await call(key, async ({ signal, alive }) => {
      const stream = file(key).createReadStream({ ...range, validation: false });
      signal.addEventListener('abort', () => stream.destroy());
      let etag = '';
      let md5: string | undefined;
      stream.on('response', (answer: { headers: Record<string, string> }) => {
        etag = String(answer.headers['x-goog-generation'] ?? '');
        md5 = /md5=([^,]+)/.exec(answer.headers['x-goog-hash'] ?? '')?.[1];
      });
      const chunks: Buffer[] = [];
      let bytes = 0;
      // Left in the middle, not destroyed in `response`: the SDK connects its pipes only after that.
      try {
        for await (const chunk of stream) {
          alive();
          bytes += (chunk as Buffer).length;
          if (bytes > limit) throw tooLarge(key, bytes, limit);
          chunks.push(chunk as Buffer);
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
        await bucketAnswers(key);
        throw objectMissing(placeOf(key));
      }
      const body = Buffer.concat(chunks);
      if (range.end === undefined && md5 && md5 !== md5Of(body)) throw damaged(placeOf(key));
      return { body, etag };
    });
  }

  async function* pages(under: string, parts: GetFilesOptions) {
    let query: GetFilesOptions | undefined = {
      prefix: prefix + under,
      autoPaginate: false,
      maxResults: 1_000,
      ...parts,
    };
    while (query) {
      const asked: GetFilesOptions = query;
      const [files, next, answer] = await call(under, () => bucket.getFiles(asked));
      yield { files, prefixes: (answer as { prefixes?: string[] } | undefined)?.prefixes ?? [] };
      query = next as GetFilesOptions | undefined;
    }
  }

  const expires = (seconds: number) => Date.now() + seconds * 1_000;

  return {
    location: name,
    async putIfAbsent(key, body) {
      return { outcome: (await putWhen(key, body, 0)) ? 'created' : 'exists' };
    },
    async put(key, body) {
      return (await putWhen(key, body, undefined)) ?? { etag: '' };
    },
    async putIfMatch(key, body, etag) {
      // What is no generation at all is none that could be there.
      if (etag !== null && !/^\d+$/.test(etag)) return { outcome: 'lost' };
      const put = await putWhen(key, body, etag === null ? 0 : etag);
      return put ? { outcome: 'written', etag: put.etag } : { outcome: 'lost' };
    },
    get: (key, limit = bodyLimit) => read(key, limit),
    async getRange(key, from, to) {
      return (await read(key, to - from + 1, { start: from, end: to })).body;
    },
    async head(key): Promise<ObjectInfo | undefined> {
      return await call(key, async () => {
        try {
          const [found] = await file(key).getMetadata();
          return infoOf(key, found);
        } catch (error) {
          if (!isMissing(error)) throw error;
          return await bucketAnswers(key);
        }
      });
    },
    async *list(under): AsyncIterable<ObjectInfo> {
      for await (const { files } of pages(under, {})) {
        for (const found of files) yield infoOf(found.name.slice(prefix.length), found.metadata);
      }
    },
    async *folders(under): AsyncIterable<string> {
      for await (const { prefixes } of pages(under, { delimiter: '/' })) {
        for (const found of prefixes) yield found.slice(prefix.length + under.length, -1);
      }
    },
    async delete(key) {
      await call(key, () => file(key).delete({ ignoreNotFound: true }));
    },
    async presignGet(key, seconds) {
      const [url] = await file(key).getSignedUrl({ version: 'v4', action: 'read', expires: expires(seconds) });
      return url;
    },
    async presignPut(key, seconds) {
      const headers = { 'x-goog-if-generation-match': '0' };
      const signed = { version: 'v4', action: 'write', expires: expires(seconds), extensionHeaders: headers } as const;
      const [url] = await file(key).getSignedUrl(signed);
      return { url, headers };
    },
  };
}

function infoOf(key: string, { size, generation, updated, storageClass }: File['metadata']): ObjectInfo {
  return {
    key,
    bytes: Number(size ?? 0),
    etag: String(generation ?? ''),
    modified: new Date(updated ?? 0),
    storageClass,
  };
}

/** As Google writes it. */
function md5Of(body: Buffer): string {
  return createHash('md5').update(body).digest('base64');
}

function serviceAccount(location: string, text: string) {
  try {
    const key = JSON.parse(text) as { client_email?: string; private_key?: string; project_id?: string };
    if (key.client_email && key.private_key) return key;
  } catch {
    // Said below, without the text.
  }
  throw refusal(
    'CredentialsMalformed',
    `Storage location ${location}: its serviceAccountKey is no key of a service account.`,
    'put the JSON file there that `gcloud iam service-accounts keys create` writes.',
  );
}
