/** Marks and entries of the audit log carry their signature within; apart from each other, openssl alone can check them. */
import type { PinnedSigners } from '../points/signer.ts';

export interface Split {
  /** What was signed, byte for byte. */
  readonly text: Buffer;
  readonly signature: Buffer;
}

/** @param field  that holds the signed text; undefined for what no pinned signer signed */
export function splitSigned(bytes: Buffer, field: 'mark' | 'entry', signers: PinnedSigners): Split | undefined {
  try {
    const { [field]: signed, signature: base64 } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    if (typeof signed !== 'string' || typeof base64 !== 'string') return undefined;
    const [text, signature] = [Buffer.from(signed), Buffer.from(base64, 'base64')];
    return signers.signedBy(text, signature) ? { text, signature } : undefined;
  } catch {
    return undefined;
  }
}
