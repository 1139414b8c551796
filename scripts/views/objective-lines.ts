/** Objectives as a table for people. */
import { formatDuration } from '../../domain/duration.ts';
import type { ObjectiveRow } from '../../domain/objectives/row.ts';
import { columns, formatBytes } from './columns.ts';

const head = ['objective', 'target', 'achieved', 'window', 'budget left', '', ''];

export function objectiveTable(rows: readonly ObjectiveRow[]): string {
  return columns(rows.map(cells), head);
}

function cells(row: ObjectiveRow): string[] {
  const { verdict, promise, subject, window, notes } = row;
  const kind = row.id === 'duration' && subject ? ` (${subject})` : '';
  return [
    `${promise}${kind}`,
    shownAs(row, row.target),
    row.achieved === undefined ? '-' : shownAs(row, row.achieved),
    `since ${new Date(window.from).toISOString().slice(0, 16).replace('T', ' ')}`,
    budgetOf(row),
    verdict === 'missed' ? 'MISSED' : verdict,
    notes.join('; '),
  ];
}

/** A share is never rounded up to what it is not: 99.996 % of 100 % stays below it. */
function shownAs({ id }: ObjectiveRow, value: number): string {
  if (id === 'compression') return `${Math.floor(value * 100) / 100}:1`;
  if (id === 'upload' || id === 'restore') return `${formatBytes(Math.floor(value))}/s`;
  return `${Number((Math.floor(value * 1e6 + 1e-3) / 1e4).toFixed(4))} %`;
}

function budgetOf({ budget, counted }: ObjectiveRow): string {
  if (!budget || !counted) return '-';
  const { left, allowed } = budget;
  if (counted.unit === 'ms') return `${formatDuration(Math.round(left))} of ${formatDuration(Math.round(allowed))}`;
  const number = (value: number) => String(Math.round(value * 100) / 100);
  return `${number(left)} of ${number(allowed)} runs`;
}
