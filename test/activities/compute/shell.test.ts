import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { startService } from '../../../activities/compute/start-service.ts';
import { someHost } from '../../support/step-context.ts';

test('a command of the plan reaches the host as it was written, whatever it holds', () => {
  const start = `echo "it's $HOME" > /tmp/x; systemctl start 'a b'`;
  const [line] = startService.shell(
    startService.input.parse({ host: someHost, service: 's', start, stop: 'true', state: 'true' }),
  );
  // `ssh` replaced by a shell function that shows its last argument.
  const shown = execFileSync('bash', ['-c', `ssh() { printf %s "\${!#}"; }; ${line}`], { encoding: 'utf8' });
  expect(shown).toBe(start);
});
