/** What a worker hands to its activities: made once in the composition root. */
import type { Client } from '@temporalio/client';
import type { AwsClients } from '../clients/aws.ts';
import type { TemporalPlace } from '../temporal/settings.ts';

export interface Dependencies {
  /** Folder of the plans, and the overlays that this worker lays over them, in order. */
  readonly plans: { readonly folder: string; readonly overlays: readonly string[] };
  readonly aws: AwsClients;
  /** Set where the worker has a connection of its own for questions about other runs. */
  readonly temporal?: Client;
  /** Where that server is, and how the connection is secured. */
  readonly temporalPlace?: TemporalPlace;
  /** Folder for the local copies of reports. */
  readonly reports: string;
}
