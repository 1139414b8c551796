/** What a failed test restore says: that the point does not come back, or only that this test was unlucky. Pure. */

/** What came out is not what was put in, or nothing comes out. */
const ofThePoint = ['DataDiffers', 'RestoredTreeDiffers', 'PartCorrupted', 'ExpectedMissing'];

/** These say it too, unless what they quote names a cause of the host. */
const ofEither = ['RestoreFailed', 'QueryFailed'];

/** As PostgreSQL, MariaDB, Redis and the system say it. */
const ofTheHost: readonly RegExp[] = [
  /no space left|disk (is )?full|table .* is full|error 28\b|quota exceeded|too large/i,
  /out of memory|cannot allocate|can't allocate|killed by|out of shared memory/i,
  /could not connect|can't connect|connection (to server|refused|reset|was lost)|lost connection|server has gone away/i,
  /server closed the connection|terminating connection|the database system is|too many (clients|connections)/i,
  /did not start|could not be made|could not access file|could not load library|shared librar/i,
  /permission denied|access denied|must be (superuser|owner|able)|role .* does not exist|read-only/i,
  /(extension|collation|tablespace|access method) .* (does not exist|is not available)|unrecognized configuration parameter/i,
  /statement timeout|lock timeout|deadlock/i,
];

export function condemns({ type, message }: { readonly type: string; readonly message: string }): boolean {
  if (ofThePoint.includes(type)) return true;
  return ofEither.includes(type) && !ofTheHost.some((cause) => cause.test(message));
}
