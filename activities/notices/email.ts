/** E-mail over SMTP: plain text, encrypted on the way as the plan says. What the server answers is told by its code alone. */
import { getSystemErrorName } from 'node:util';
import type { EmailReceiver } from '../../domain/plan/notices.ts';
import type { Delivering, Driver, Notice } from './driver.ts';

/** ms for the whole of it: some servers greet late on purpose. */
const limit = 10_000;
const unanswered = `no answer within ${limit} ms`;
const ports = { starttls: 587, tls: 465, none: 25 } as const;

export const email: Driver<EmailReceiver> = async (receiver, notice, delivering) => {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(await optionsOf(receiver, delivering));
  const { signal } = delivering;
  const stop = AbortSignal.any([AbortSignal.timeout(limit), ...(signal ? [signal] : [])]);
  try {
    const sent = await until(stop, transport.sendMail({ from: receiver.from, to: receiver.to, ...mailOf(notice) }));
    return partlyRefused(sent, receiver.to.length);
  } catch (error) {
    signal?.throwIfAborted();
    return stop.aborted ? unanswered : whyNot(error);
  } finally {
    transport.close();
  }
};

interface Sent {
  readonly rejected?: readonly unknown[];
  readonly rejectedErrors?: readonly { readonly responseCode?: number | undefined }[] | undefined;
}

/** A server may take the mail for some of the addresses: whoever has none of it is not told, which nobody else would notice. */
function partlyRefused({ rejected = [], rejectedErrors = [] }: Sent, count: number): string {
  if (rejected.length === 0) return '';
  const code = rejectedErrors[0]?.responseCode;
  return `it refused ${rejected.length} of ${count} addresses${code ? ` (${code})` : ''}`;
}

async function optionsOf({ smtp }: EmailReceiver, { secret }: Delivering) {
  const { host, tls, user, port = ports[tls] } = smtp;
  const [pass, ca] = await Promise.all([smtp.password && secret(smtp.password), smtp.ca && secret(smtp.ca)]);
  return {
    host,
    port,
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: limit,
    greetingTimeout: limit,
    socketTimeout: limit,
    ...(ca ? { tls: { ca } } : {}),
    ...(user && pass ? { auth: { user, pass: pass.trim() } } : {}),
  };
}

function mailOf(notice: Notice) {
  const fields = { Service: notice.service, Run: notice.run, Severity: notice.level, ...notice.fields };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  const urgent = notice.level === 'P0' ? { headers: { importance: 'high' } } : {};
  return {
    subject: oneLine(`[${notice.level}] ${notice.text}`),
    text: `${notice.text}\n\n${lines.join('\n')}\n`,
    ...urgent,
  };
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 200 ? `${line.slice(0, 197)}...` : line;
}

const words: Readonly<Record<string, string>> = {
  EAUTH: 'it refused the user or the password',
  EENVELOPE: 'it refused the sender or a receiver',
  ETLS: 'it cannot be spoken to encrypted',
  EMESSAGE: 'it did not take the text',
  ECONNECTION: 'it closed the connection',
  EPROTOCOL: 'what answers there does not speak SMTP',
  EDNS: 'its name could not be looked up',
};

/** Its words are left out: nobody knows what a server says back of what it was sent. */
function whyNot(error: unknown): string {
  const { code = '', responseCode, errno } = error as { code?: string; responseCode?: number; errno?: number };
  if (code === 'ETIMEDOUT' && errno === undefined) return unanswered;
  const said =
    words[code] ?? (errno === undefined ? 'the connection or its certificate is not good' : getSystemErrorName(errno));
  return responseCode ? `${said} (${responseCode})` : said;
}

async function until<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
