import { expect, test } from 'vitest';
import { uiPlace } from '../../scripts/cli/links.ts';

test.each([
  ['127.0.0.1:7233', 'http://127.0.0.1:8233'],
  ['temporal.internal', 'http://temporal.internal:8233'],
  ['[::1]:7300', 'http://[::1]:8300'],
])('the UI of a development server at %s is looked for at %s', (address, base) => {
  expect(uiPlace({}, address, 'default')).toEqual({ base, namespace: 'default' });
});

test('MUSTER_UI names it where it is elsewhere', () => {
  expect(uiPlace({ MUSTER_UI: 'https://ui.example/' }, 'x:1', 'ns')).toEqual({
    base: 'https://ui.example',
    namespace: 'ns',
  });
});
