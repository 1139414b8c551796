/** Writes what a run of tests came to as JSON, for the last lines of `npm test`: `{passed, failures}`. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

export interface Summary {
  passed: number;
  /** One for each failed test, and for each set-up or file without which tests could not run: its name, what was said first. */
  failures: string[];
}

type Errors = readonly Pick<SerializedError, 'message'>[];

export default class SummaryReporter implements Reporter {
  #file: string;

  constructor({ file }: { file: string }) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[], _reason: TestRunEndReason): void {
    const summary: Summary = {
      passed: 0,
      failures: unhandled.length > 0 ? [failure('outside of tests', unhandled)] : [],
    };
    for (const module of modules) {
      const path = relative(process.cwd(), module.moduleId);
      if (module.errors().length > 0) summary.failures.push(failure(path, module.errors()));
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) summary.failures.push(failure(`${path} > ${suite.fullName}`, suite.errors()));
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed') summary.passed += 1;
        if (state === 'failed') summary.failures.push(failure(`${path} > ${test.fullName}`, errors));
      }
    }
    writeFileSync(this.#file, JSON.stringify(summary));
  }
}

function failure(name: string, errors: Errors): string {
  const said = errors.map(({ message }) => message).join('\n');
  return `${name}: ${said.trim().split('\n').slice(0, 8).join('\n        ').slice(0, 1000)}`;
}
