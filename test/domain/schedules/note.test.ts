/** What a Schedule says of itself in the Temporal UI. */
import { describe, expect, test } from 'vitest';
import { everySchedule } from '../../../domain/schedules/every-schedule.ts';
import { isOurNote, noteBeside, noteOf, noteUnpaused } from '../../../domain/schedules/note.ts';
import { spacetimePlan } from '../../support/plan.ts';

const schedules = everySchedule(await spacetimePlan());
const notes = new Map(schedules.map((each) => [each.id, noteOf(each)]));

describe('the note of a Schedule', () => {
  test('of a drill says what is rehearsed, when, how it is begun by hand, and where it is seen', () => {
    expect(notes.get('spacetime/drill-quarterly')).toBe(
      'By the plan of spacetime: drill quarterly (isolated); 0 10 * 1,4,7,10 6#1 UTC. To begin it now: Trigger. ' +
        'The run is spacetime/drill; what becomes of it: muster drills spacetime.',
    );
  });

  test('of announcements does not say that it begins anything', () => {
    const note = notes.get('spacetime/drill-quarterly-notice');
    expect(note).toContain('tell of drill quarterly (isolated); 14d and 1d before');
    expect(note).toContain('starts nothing');
    expect(note).not.toContain('Trigger');
  });

  test('of a backup names the workflow that it becomes', () => {
    expect(notes.get('spacetime/daily')).toMatch(/backup full, labelled daily; .* The run is spacetime\/backup; /);
  });

  test('is Muster’s own for every Schedule, and where there is none yet; words of a person are not', () => {
    for (const note of [...notes.values(), '', undefined]) expect(isOurNote(note)).toBe(true);
    for (const note of ['paused by ops: moving the database', 'by hand']) expect(isOurNote(note)).toBe(false);
  });

  test('is there again once it is unpaused, with who did that, and an apply has nothing to change of it', () => {
    for (const wanted of schedules) {
      const unpaused = noteUnpaused(wanted, { by: 'dana', reason: 'moved' });
      expect(unpaused).toBe(`${noteOf(wanted)} Unpaused by dana: moved.`);
      expect(noteBeside(unpaused, wanted)).toBe(unpaused);
    }
  });

  test('is brought up to date where it is of another plan; words of a person stay', () => {
    const [daily] = schedules;
    if (!daily) throw new Error('no schedule');
    expect(noteBeside('By the plan of spacetime: something else', daily)).toBe(noteOf(daily));
    expect(noteBeside(undefined, daily)).toBe(noteOf(daily));
    expect(noteBeside('paused by ops: moving', daily)).toBe('paused by ops: moving');
  });
});
