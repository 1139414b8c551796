/** Draws lines over the ones drawn before. Only for a terminal; everything else gets plain lines. */
import { clearScreenDown, moveCursor } from 'node:readline';
import type { CliIo } from '../cli/io.ts';

export interface Live {
  draw(lines: readonly string[]): void;
}

export function liveView(io: CliIo): Live {
  let height = 0;
  return {
    draw(lines) {
      const columns = io.stdout.columns ?? 80;
      const rows = Math.max(5, (io.stdout.rows ?? 40) - 1);
      const shown = lines
        .slice(0, rows)
        .map((line) => (line.length < columns ? line : `${line.slice(0, columns - 2)}~`));
      if (height > 0) moveCursor(io.stdout, 0, -height);
      clearScreenDown(io.stdout);
      io.stdout.write(`${shown.join('\n')}\n`);
      height = shown.length;
    },
  };
}
