/** URLs of a served folder: valid for one method on one object until a time, by a signature over all of it. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { refusal } from '../../domain/errors.ts';

export type SignedMethod = 'GET' | 'PUT';

export interface UrlSigner {
  sign(method: SignedMethod, key: string, seconds: number): string;
  /** What a request's path and query (`/near/a/b?expires=…`) may do, if it was signed here. */
  read(method: SignedMethod, target: string): { key: string } | 'denied' | 'expired';
}

/** `base`: how hosts reach the folder. A location's name is part of the path and of what is signed. */
export function urlSigner(location: string, base: string, secret: string): UrlSigner {
  if (secret.length < 32) {
    throw refusal(
      'CredentialsMalformed',
      `Storage location ${location}: its secret has ${secret.length} characters, and less than 32 can be guessed.`,
      'make one: openssl rand -hex 32.',
    );
  }
  const signature = (method: SignedMethod, key: string, expires: number) =>
    createHmac('sha256', secret).update(['muster-url-1', method, location, key, expires].join('\n')).digest('hex');
  return {
    sign(method, key, seconds) {
      const expires = Math.floor(Date.now() / 1_000) + seconds;
      const path = [location, ...key.split('/')].map(encodeURIComponent).join('/');
      return `${base.replace(/\/+$/, '')}/${path}?expires=${expires}&signature=${signature(method, key, expires)}`;
    },
    read(method, target) {
      const { path, expires, given } = partsOf(target);
      if (path?.[0] !== location || !Number.isSafeInteger(expires)) return 'denied';
      const key = path.slice(1).join('/');
      const right = Buffer.from(signature(method, key, expires));
      const mine = Buffer.from(given);
      if (mine.length !== right.length || !timingSafeEqual(mine, right)) return 'denied';
      return expires * 1_000 < Date.now() ? 'expired' : { key };
    },
  };
}

function partsOf(target: string): { path?: string[]; expires: number; given: string } {
  const [path = '', query = ''] = target.split('?');
  const asked = new URLSearchParams(query);
  try {
    const decoded = path.split('/').slice(1).map(decodeURIComponent);
    return { path: decoded, expires: Number(asked.get('expires') ?? Number.NaN), given: asked.get('signature') ?? '' };
  } catch {
    return { expires: Number.NaN, given: '' };
  }
}
