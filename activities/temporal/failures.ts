/**
 * Where payloads are encrypted, so are the words of errors: they quote hosts, paths and what a database said. The SDK loads this by
 * its path, into workers and into the bundle of the workflows.
 */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
/** Stands in a bundle that was made with this, so that a worker can tell. */
export const failuresMark = 'muster: words of errors travel as payloads';
