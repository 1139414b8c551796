/** What a job's stdout says: `@result JSON`, `@progress DONE TOTAL TEXT`, `@need KIND`, `@refuse JSON`; all else is log. */
import { z } from 'zod';
import type { JobLine } from './job.ts';

const refuseSchema = z.object({ type: z.string(), fact: z.string(), hint: z.string() });

export function parseJobLine(text: string): JobLine {
  const [, word, rest = ''] = /^@(\w+) ?(.*)$/s.exec(text) ?? [];
  switch (word) {
    case 'result':
      return { kind: 'result', value: parseJson(rest) };
    case 'refuse':
      return { kind: 'refuse', ...refuseSchema.parse(parseJson(rest)) };
    case 'need':
      return { kind: 'need', what: rest };
    case 'progress': {
      const [done, total, ...words] = rest.split(' ');
      return { kind: 'progress', done: Number(done), total: Number(total), text: words.join(' ') };
    }
    default:
      return { kind: 'log', text };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`a job's result is not JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}
