/** E-mail against a real SMTP server: what arrives, and that neither mail nor password ever goes in the clear where the plan says encrypted. */
import { afterEach, expect, test } from 'vitest';
import type { Notice } from '../../../activities/notices/driver.ts';
import { email } from '../../../activities/notices/email.ts';
import type { EmailReceiver } from '../../../domain/plan/notices.ts';
import { startMailServer } from '../../support/mail-server.ts';

type MailServer = Awaited<ReturnType<typeof startMailServer>>;
const password = 'correct-horse-battery';
let server: MailServer;
afterEach(() => server.stop());

const notice: Notice = {
  service: 'spacetime',
  run: 'run-1',
  event: 'rto-100',
  severity: 'danger',
  text: 'FAILOVER us-east-1 -> us-west-2: 100 % of the RTO\nof 30m has passed',
  fields: { Status: 'executing' },
  level: 'P0',
  matter: 'rto',
};

async function send(smtp: Partial<EmailReceiver['smtp']>, values: Record<string, string> = {}) {
  const receiver: EmailReceiver = {
    name: 'coordinator',
    kind: 'email',
    from: 'muster@company.com',
    to: ['dr-coordinator@company.com', 'backup-admin@company.com'],
    smtp: { host: 'localhost', port: server.port, tls: 'starttls', ca: { env: 'CA' }, ...smtp },
  };
  const known: Record<string, string> = { CA: server.certificate, PASSWORD: password, ...values };
  const secret = async (ref: { env: string } | { file: string }) => known['env' in ref ? ref.env : ''] ?? '';
  return await email(receiver, notice, { secret, now: () => Date.now() });
}

test('a mail has the severity in its subject, one line, and all that is known in its text', async () => {
  server = await startMailServer();
  expect(await send({})).toBe('');
  const [mail] = server.mails;
  expect(mail).toMatchObject({
    from: 'muster@company.com',
    to: ['dr-coordinator@company.com', 'backup-admin@company.com'],
    encrypted: true,
  });
  expect(mail?.text).toContain('Subject: [P0] FAILOVER us-east-1 -> us-west-2: 100 % of the RTO of 30m has');
  expect(mail?.text).toContain('Importance: high');
  for (const line of ['Service: spacetime', 'Run: run-1', 'Severity: P0', 'Status: executing'])
    expect(mail?.text).toContain(line);
});

test.each([
  ['starttls', false],
  ['tls', true],
] as const)('by %s it logs in with the password, over an encrypted connection', async (tls, secure) => {
  server = await startMailServer({ secure, password });
  expect(await send({ tls, user: 'muster', password: { env: 'PASSWORD' } })).toBe('');
  expect(server.mails).toMatchObject([{ encrypted: true, user: 'muster' }]);
});

test('a wrong password is refused, and said by no word of it', async () => {
  server = await startMailServer({ password });
  const why = await send({ user: 'muster', password: { env: 'PASSWORD' } }, { PASSWORD: 'a-wrong-password' });
  expect(why).toBe('it refused the user or the password (535)');
  expect(server.mails).toEqual([]);
});

test('a server that offers no encryption is given nothing', async () => {
  server = await startMailServer({ withoutStartTls: true });
  expect(await send({})).toMatch(/cannot be spoken to encrypted/);
  expect(server.mails).toEqual([]);
  expect(await send({ tls: 'none' })).toBe('');
  expect(server.mails).toMatchObject([{ encrypted: false }]);
});

test('a certificate that nobody vouches for is not believed', async () => {
  server = await startMailServer();
  expect(await send({ ca: undefined })).toBe('the connection or its certificate is not good');
  expect(server.mails).toEqual([]);
});

test('one address that is refused is said, though the others have the mail', async () => {
  server = await startMailServer({ unknown: ['dr-coordinator@company.com'] });
  expect(await send({})).toBe('it refused 1 of 2 addresses (550)');
  expect(server.mails).toMatchObject([{ to: ['backup-admin@company.com'] }]);
});
