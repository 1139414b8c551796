/** A test restore that failed condemns the point for what lies in it, never for what happened to the host. */
import { expect, it } from 'vitest';
import { condemns } from '../../../domain/points/condemning.ts';

it.each([
  ['DataDiffers', 'app-1: check orders of shop answers 499, and at the recovery point it was 500.'],
  ['RestoredTreeDiffers', 'app-1: 2 restored files differ from the index'],
  ['ExpectedMissing', 'app-1: /srv/app/main.cfg is not there after the restore.'],
  ['PartCorrupted', 'Part a is not good anywhere'],
  ['RestoreFailed', 'db-1: pg_restore of shop: pg_restore: error: could not read from input file: end of file'],
  ['RestoreFailed', 'db-1: pg_restore of shop: ERROR:  could not create unique index "orders_pkey"'],
  ['RestoreFailed', 'db-1: loading shop: ERROR 1064 (42000) at line 12: You have an error in your SQL syntax'],
  ['QueryFailed', 'db-1: check orders of shop failed: ERROR:  relation "orders" does not exist'],
])('%s: %s', (type, message) => {
  expect(condemns({ type, message })).toBe(true);
});

it.each([
  ['NotEnoughSpace', 'app-1: the tree needs 900 MiB at /var/tmp, and 20 MiB are free.'],
  ['DatabaseUnreachable', 'db-1: PostgreSQL on port 5432 does not answer postgres'],
  ['HostPrerequisite', 'db-1 lacks zstd.'],
  ['ExtensionMissing', 'db-1: the server lacks postgis'],
  ['RestoreFailed', 'db-1: pg_restore of shop: ERROR:  could not extend file "base/1": No space left on device'],
  ['RestoreFailed', 'db-1: pg_restore of shop: server closed the connection unexpectedly'],
  ['RestoreFailed', 'db-1: pg_restore of shop: FATAL:  the database system is shutting down'],
  ['RestoreFailed', "db-1: loading shop: ERROR 2002 (HY000): Can't connect to local server"],
  ['RestoreFailed', 'db-1: the scratch server did not start: mmap: Cannot allocate memory'],
  ['QueryFailed', 'db-1: check orders of shop failed: ERROR:  could not write to file: No space left on device'],
])('not %s: %s', (type, message) => {
  expect(condemns({ type, message })).toBe(false);
});
