/** Places in PostgreSQL's log, as the server writes them (`0/3000148`), compared as the numbers that they are. */
import { z } from 'zod';

export const lsnSchema = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i);

/** Bytes from `from` to `to`; negative when `to` lies before it. 64 bits of log fit no number exactly, differences do. */
export function bytesBetween(from: string, to: string): number {
  return Number(position(to) - position(from));
}

function position(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return BigInt(`0x${high}`) * 0x1_0000_0000n + BigInt(`0x${low}`);
}
