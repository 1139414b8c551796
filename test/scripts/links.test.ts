import { expect, test } from 'vitest';
import { startForm, uiPlace } from '../../scripts/cli/links.ts';

test.each([
  ['127.0.0.1:7233', 'http://127.0.0.1:8233'],
  ['temporal.internal', 'http://temporal.internal:8233'],
  ['[::1]:7300', 'http://[::1]:8300'],
])('the UI of a development server at %s is looked for at %s', (address, base) => {
  expect(uiPlace({}, address, 'default')).toEqual({ base, namespace: 'default' });
});

test('the form names id, queue and type, and the input to paste leaves out what the run makes itself', () => {
  const ui = { base: 'https://ui.example', namespace: 'ns' };
  const { form, input } = startForm(ui, {
    procedure: 'backup',
    service: 'tea',
    point: undefined,
    by: 'dana',
    run: 'r1',
  });
  expect(form).toBe(
    'https://ui.example/namespaces/ns/workflows/start-workflow?workflowId=tea%2Fbackup&taskQueue=muster&workflowType=backup',
  );
  expect(JSON.parse(input)).toEqual({ procedure: 'backup', service: 'tea', by: 'dana' });
});

test('MUSTER_UI names it where it is elsewhere', () => {
  expect(uiPlace({ MUSTER_UI: 'https://ui.example/' }, 'x:1', 'ns')).toEqual({
    base: 'https://ui.example',
    namespace: 'ns',
  });
});
