/** Typed search attributes of a run. A worker refuses to start while the namespace lacks one of them. */
import { defineSearchAttributeKey } from '@temporalio/common';

export const searchAttributes = {
  service: defineSearchAttributeKey('MusterService', 'KEYWORD'),
  procedure: defineSearchAttributeKey('MusterProcedure', 'KEYWORD'),
  phase: defineSearchAttributeKey('MusterPhase', 'KEYWORD'),
  /** `person` while a decision is open, else `nothing`. */
  needs: defineSearchAttributeKey('MusterNeeds', 'KEYWORD'),
} as const;
