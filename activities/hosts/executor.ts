/** How Muster reaches a machine: one interface, over SSH and locally, with the same scripts and the same contract. */

export interface ExecResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ExecOptions {
  /** Sent to the command's standard input, which is then closed. The only way a secret travels. */
  readonly stdin?: string | Buffer;
  /** ms without any byte before the channel is given up with `HostSilent`. Default 30 s. */
  readonly inactivity?: number;
  /** Bytes of stdout kept; more is a `TooMuchOutput` error. Default 16 MiB. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface HostExecutor {
  /** For messages: `db (10.77.2.11)`. */
  readonly name: string;
  /** Runs a command line in `sh`; a non-zero status is a result, not an error. Arguments travel quoted by `shellQuote`. */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /** Writes a file (mode 600 unless told), atomically. */
  writeFile(path: string, content: string | Buffer | AsyncIterable<Buffer>, mode?: number): Promise<void>;
  /** Reads a file as a stream from an offset. */
  readFile(path: string, offset?: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}
