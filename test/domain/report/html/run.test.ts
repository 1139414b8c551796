/** The report of a run as HTML: what stands in it, that it asks nothing of any other place, and that nobody's words become markup. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderReportHtml } from '../../../../domain/report/html/run.ts';
import { type Report, reportSchema } from '../../../../domain/report/report.ts';
import { at } from '../../run/a-run.ts';
import { aFullReport, anOldReport } from './a-report.ts';

const page = renderReportHtml(aFullReport());

describe('a report that people look at', () => {
  test.each([
    ['direction and result', 'spacetime: FAILOVER us-east-1 -&gt; us-west-2'],
    ['the outage as a bar', '<rect class="down"'],
    ['each wait for people as a bar of its own', /(<rect class="people".*){2}/],
    ['stages', '<rect class="stage"'],
    ['steps', '<rect class="step done"'],
    ['the RTO with its promise', '6m11s (at most 15m, expected 12m30s): met'],
    ['the promise as marks', /<line class="mark"[^>]*><title>at most 15m/],
    ['good requests', '<rect class="fill good"'],
    ['failed requests', '<rect class="fill bad"'],
    ['where nobody looked', 'In 2 of 100 columns nobody looked'],
    ['what proves the point', 'restored on scratch-1; 42 checks agree'],
    ['who skipped what', 'by duty-manager'],
    ['who accepted the risk', 'accepted by duty-manager'],
    ['who took no risk', 'not accepted'],
    ['whose key signed', 'SHA256:8Ycz0lJm3yUq1b9dY4vWJt2oXK1u1uVQm8s3z5r7xQk'],
    ['a question about the skipped step', 'Was it right to skip &quot;Update monitoring&quot;'],
    ["the runbook's own questions", 'Signed off by the DR coordinator and the engineering manager'],
  ])('has %s', (_, found) => {
    if (typeof found === 'string') expect(page).toContain(found);
    else expect(page.replaceAll('\n', ' ')).toMatch(found);
  });

  test('is one file: no script, no address that a browser would open', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<a |@import|url\(|\ssrc=|\shref=|\son\w+=/i);
    expect(page).toContain("default-src 'none'");
  });

  test('is the same again from the JSON that is stored', () => {
    expect(renderReportHtml(reportSchema.parse(JSON.parse(JSON.stringify(aFullReport()))))).toBe(page);
  });
});

test('a report of an older build is shown, and what it does not have is said to be not observed', () => {
  const old = renderReportHtml(anOldReport());
  expect(old).toContain('Not observed: this report has no requests of an observer.');
  expect(old).toContain('Not read: no location gave the marks of this point');
  expect(old).not.toContain('class="curve"');
  expect(old).not.toContain('<rect class="down"');
});

test('a drill shows what it found, who answered, and how it compares with the one before', () => {
  const { total, waiting } = aFullReport().durations;
  const drill: NonNullable<Report['drill']> = {
    ...{
      name: 'quarterly',
      kind: 'restore-test',
      result: 'failed',
      findings: ['The database does not restore as it was.'],
    },
    answers: [
      {
        step: 'a',
        title: 'Smoke tests',
        ask: 'yes-no',
        when: 'during',
        state: 'answered',
        by: 'dana',
        at: at(1_000),
        answer: 'no',
      },
    ],
    metrics: { total, waiting, act: 90_000, rto: { achieved: 90_000, target: 60_000, met: false } },
    compared: {
      ...{ run: 'drill-1', ended: at(0), result: 'passed', passed: 3, of: 4 },
      changes: [{ metric: 'act', now: 90_000, before: 45_000, slower: true }],
    },
  };
  const shown = renderReportHtml(reportSchema.parse({ ...aFullReport(), drill }));
  for (const words of ['does not restore as it was', 'Smoke tests', 'now slower', '3 of the last 4', 'target 1m'])
    expect(shown).toContain(words);
});

const hostile = '<script>alert(1)</script>"><svg onload=x>\' $x </style> \u202E </title>&lt;';

test('hostile words everywhere become no markup', () => {
  const wild = pageOf(hostile);
  expect(shapeOf(wild)).toEqual(shapeOf(pageOf('plain')));
  expect(wild).not.toContain('\u202E');
});

/** What could end or begin something; not backticks, between which stand names that are elements of their own. */
const letters = fc.constantFrom(...`<>"'&;/!=-$[](){} \\\n\t\0\u202Eab1<`);

test('whatever words a report has, they neither open nor close anything', () => {
  const shape = shapeOf(pageOf('plain'));
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 40 }), (word) => {
      expect(shapeOf(pageOf(`x${word}`))).toEqual(shape);
    }),
    { numRuns: 15 },
  );
});

test('a page stays small, however long the run was', () => {
  const report = aFullReport();
  const [step] = report.steps;
  if (!step) throw new Error('the report has no step');
  const long = 'x'.repeat(20_000);
  const many = <Item>(item: Item, count = 5_000) => Array.from({ length: count }, () => item);
  const huge = renderReportHtml({
    ...report,
    steps: many({ ...step, error: long, title: long }),
    timeline: many({ at: step.startedAt ?? '', kind: 'note', text: long }),
    failed: many({ step: step.id, title: long, error: long }),
    risks: many({ id: 'r', text: long, severity: 'high', acceptedBy: long.slice(0, 50) }),
    facts: many({ title: 'fact', value: long, state: 'bad', source: 'x' }),
    decisions: many({ at: step.startedAt ?? '', kind: 'decision', text: long }),
  });
  expect(huge.length).toBeLessThan(1_000_000);
  expect(huge).toContain('4800 more are in report.json');
});

function pageOf(word: string): string {
  const told = withWords(aFullReport(), word) as object;
  return renderReportHtml(reportSchema.parse({ ...told, from: word, to: word }));
}

/** Every text that people or hosts wrote, replaced; what the schema or the drawing needs to be a time or a name is left. */
function withWords(value: unknown, word: string, key = ''): unknown {
  if (typeof value === 'string') return free.has(key) ? word : value;
  if (Array.isArray(value)) return value.map((each) => withWords(each, word, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withWords(each, word, name)]));
}
const free = new Set(
  'run workflowId service requestedBy reason playbook label site source text by title stageTitle worker outcome error skippedBy value how what why key step quarantine locations acceptedBy basis'.split(
    ' ',
  ),
);

/** The elements in their order, without what stands in them. */
function shapeOf(document: string): string[] {
  return (document.replace(/<style>.*?<\/style>/s, '').match(/<[^>]*>/g) ?? []).map((tag) =>
    tag.replaceAll(/"[^"]*"/g, '""'),
  );
}
