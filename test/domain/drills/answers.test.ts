import { describe, expect, it } from 'vitest';
import { whyNotTaken, yesOrNo } from '../../../domain/drills/answers.ts';

describe('an answer', () => {
  it('is yes or no, with words after it, where that is asked', () => {
    expect(yesOrNo('Yes')).toBe('yes');
    expect(yesOrNo('no: it answered 500')).toBe('no');
    expect(yesOrNo('nothing yet')).toBeUndefined();
    expect(whyNotTaken({ ask: 'yes-no' }, { by: 'dana', answer: 'perhaps' }, [])).toContain('--answer');
    expect(whyNotTaken({ ask: 'yes-no' }, { by: 'dana' }, [])).toContain('yes or no');
    expect(whyNotTaken({ ask: 'yes-no' }, { by: 'dana', answer: 'no: slow' }, [])).toBeUndefined();
  });

  it('has words where words are asked, and needs none where a thing was to be done', () => {
    expect(whyNotTaken({ ask: 'text' }, { by: 'dana', answer: '  ' }, [])).toContain('in words');
    expect(whyNotTaken({ ask: 'text' }, { by: 'dana', answer: 'more disk' }, [])).toBeUndefined();
    expect(whyNotTaken({}, { by: 'dana' }, [])).toBeUndefined();
  });
});

describe('a signature', () => {
  const manager = { ask: 'yes-no', role: 'Engineering Manager', signs: true } as const;
  const before = [{ by: 'dana', role: 'DR Coordinator' }];

  it('is of another person than the one before, whatever the capitals', () => {
    expect(whyNotTaken(manager, { by: 'Dana ', answer: 'yes' }, before)).toBe(
      'Dana  has signed as DR Coordinator already, and each role is signed by another person',
    );
    expect(whyNotTaken(manager, { by: 'erik', answer: 'yes' }, before)).toBeUndefined();
  });

  it('is of those who speak for the role, where the plan names them', () => {
    const named = { ...manager, people: ['erik@company.com'] };
    expect(whyNotTaken(named, { by: 'frank', answer: 'yes' }, [])).toContain('erik@company.com may');
    expect(whyNotTaken(named, { by: 'erik@company.com', answer: 'yes' }, before)).toBeUndefined();
  });

  it('does not keep who signed from answering anything else', () => {
    expect(whyNotTaken({ ask: 'text' }, { by: 'dana', answer: 'fine' }, before)).toBeUndefined();
  });
});
