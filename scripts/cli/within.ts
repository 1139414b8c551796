/** A limit for work that cannot be told to stop. */
import { refusal } from '../../domain/errors.ts';

/** @throws NothingReachable when the work has not ended after `ms` */
export async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(refusal('NothingReachable', `No answer within ${ms / 1000} s.`, 'check the network and the plan.')),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
