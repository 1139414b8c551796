/** One storage location. Keys are relative to the location's prefix. One conformance suite runs against every driver. */

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly modified: Date;
  readonly versionId?: string;
  readonly storageClass?: string;
}

/** One of several versions under a key, where the store keeps them. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
  readonly modified: Date;
  /** The one that a get answers, or the marker that makes it answer nothing. */
  readonly latest: boolean;
  /** A delete marker: without bytes, it hides the versions before it. */
  readonly marker: boolean;
}

/** For tests, and for callers that must not wait as long. */
export interface StoreOptions {
  /** ms until a request without an answer is given up. Default 30 s. */
  readonly requestTimeout?: number;
  /** Attempts per request. Default 3. */
  readonly maxAttempts?: number;
}

/** Most bytes that `get` takes into memory unless told: a part and some slack. */
export const bodyLimit = 80 * 1024 * 1024;

export interface ObjectStore {
  /** The location's name in the plan. */
  readonly location: string;
  /** `created`, or `exists` when a put-if-absent found one. */
  putIfAbsent(key: string, body: Buffer): Promise<{ outcome: 'created' | 'exists'; versionId?: string }>;
  put(key: string, body: Buffer): Promise<{ etag: string; versionId?: string }>;
  /** `lost` when the object is not the one with this ETag any more. `etag` null: must not exist. */
  putIfMatch(key: string, body: Buffer, etag: string | null): Promise<{ outcome: 'written' | 'lost'; etag?: string }>;
  /** Whole object in memory, at most `limit` bytes (default 64 MiB + slack). Throws `ObjectNotFound`. */
  get(key: string, limit?: number): Promise<{ body: Buffer; etag: string; versionId?: string }>;
  getRange(key: string, from: number, to: number): Promise<Buffer>;
  /** Undefined when there is none. */
  head(key: string): Promise<ObjectInfo | undefined>;
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Names of the folders right below a prefix that ends with a slash, without slashes. */
  folders(prefix: string): AsyncIterable<string>;
  delete(key: string): Promise<void>;
  /** URL that curl can fetch, valid for so many seconds. */
  presignGet(key: string, seconds: number): Promise<string>;
  /** URL that curl can put once: `headers` must be sent; a second put is refused (412, or 409 where the store says so). */
  presignPut(key: string, seconds: number): Promise<{ url: string; headers: Record<string, string> }>;
  /** Sets a retention lock on a version where the location has one; otherwise does nothing and says so. */
  retainUntil?(key: string, versionId: string | undefined, until: Date): Promise<void>;
  /** Asks once for an archived object to be readable for so many days; later looks say whether it is. Absent: there is no such request. */
  thaw?(key: string, days: number): Promise<'thawing' | 'thawed'>;
  /** Every version under a prefix, delete markers too. Absent where the store keeps no versions: there `delete` is for good. */
  versions?(prefix: string): AsyncIterable<ObjectVersion>;
  /** Deletes one version for good. Refusal `ObjectLocked` where the store keeps it. */
  deleteVersion?(key: string, versionId: string): Promise<void>;
  /** Until when a lock keeps a version (the newest where none is named); undefined where none does. */
  lockedUntil?(key: string, versionId?: string): Promise<Date | undefined>;
  /** Rewrites an object in a storage class of the store, in place; `lost` when it is not the one with this ETag any more. */
  moveToClass?(key: string, etag: string, storageClass: string): Promise<{ outcome: 'moved' | 'lost' }>;
  /** Size of what the location lies on and what is free of it, bytes. Absent where the store does not know an end. */
  room?(): Promise<{ readonly total: number; readonly free: number }>;
  /** Lets go of connections. */
  close?(): void;
}
