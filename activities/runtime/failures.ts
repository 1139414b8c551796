/** Refusals become non-retryable failures of their own type; everything else stays a passing fault and is retried. */
import { ApplicationFailure } from '@temporalio/common';
import { Refusal } from '../../domain/errors.ts';

export async function translateFailures<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) {
      throw ApplicationFailure.create({ message: error.message, type: error.type, nonRetryable: true });
    }
    throw error;
  }
}
