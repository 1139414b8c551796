/** What an approval is judged against: the policy of the plan, and the run as it stands. */

/** What a run was compiled with. Runs of older builds lack everything after `timeLimit`. */
export interface ApprovalPolicy {
  /** False for procedures that change nothing people rely on, such as a backup. */
  readonly required: boolean;
  /** How many different people must say go. */
  readonly quorum: number;
  readonly requesterMayApprove: boolean;
  /** ms from the moment the approval is asked for. */
  readonly timeLimit: number;
  readonly signed?: 'required' | 'allowed';
  /** OpenSSH `allowed_signers` lines; only with them a signature is verified. */
  readonly signers?: string;
  /** Names of those who may approve; anybody where absent. */
  readonly from?: readonly string[];
  readonly whenTimePasses?: 'end' | 'remind-and-keep-asking' | 'escalate';
  readonly escalateTo?: readonly string[];
  readonly emergency?: { readonly from: readonly string[] };
  readonly onlyDrills?: readonly string[];
  /** A signed acceptance of a risk names the playbook too. */
  readonly bindsRisks?: boolean;
}

/** What became of the signature of an approval. `key` is its fingerprint, `SHA256:...`. */
export type SignatureFinding =
  | { readonly state: 'none' }
  | { readonly state: 'good'; readonly key: string }
  | { readonly state: 'bad'; readonly why: string };

export interface ApprovalSituation {
  readonly policy: ApprovalPolicy;
  readonly run: string;
  readonly service: string;
  readonly procedure: string;
  readonly requestedBy: string;
  /** Who changed the plan of a run that went on: as little alone as who asked for it. */
  readonly changedBy?: string | undefined;
  /** SHA-256 of the playbook as shown, hex; undefined while there is none yet. */
  readonly playbook: string | undefined;
  readonly risks: readonly string[];
  readonly phase: string;
  readonly expired: boolean;
  /** The time limit has passed, and `escalateTo` may approve too. */
  readonly escalated: boolean;
  /** ms since 1970. */
  readonly now: number;
  /** Approvals that were taken so far. */
  readonly taken: readonly {
    readonly by: string;
    readonly decision: 'go' | 'no-go';
    readonly key?: string;
    readonly emergency?: boolean;
  }[];
}
