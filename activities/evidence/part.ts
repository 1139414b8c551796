/** One part of what an auditor is shown: its files by their names in the archive, and what is not among them, and why. */
export interface Part {
  readonly files: Record<string, Buffer>;
  readonly leftOut: readonly string[];
}
