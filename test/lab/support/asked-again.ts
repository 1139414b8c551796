/** Queries of tests while workers die: one that was given to a worker of a region that was just cut off is answered by nobody, ever. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Connection, type WorkflowClientInterceptor, WorkflowNotFoundError } from '@temporalio/client';

/** ms that one worker has to answer, on a machine that is busy: it may have to replay the whole history first. */
const patience = 10_000;

/** Asked again for half a minute, each time with a deadline. The last error is thrown; that there is no such run, at once. */
export function askedAgain(connection: Connection): WorkflowClientInterceptor {
  return {
    async query(input, next) {
      for (const limit = Date.now() + 30_000; ; await pause(100)) {
        try {
          return await connection.withDeadline(Date.now() + patience, () => next(input));
        } catch (error) {
          if (error instanceof WorkflowNotFoundError || Date.now() > limit) throw error;
        }
      }
    },
  };
}
