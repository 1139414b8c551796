/**
 * Tabletop: the playbook of a procedure as it would be compiled now, talked through stage by stage. Nothing of it is run. Runbooks:
 * "Conduct DR tabletop exercise with stakeholders"; "Annually: Tabletop DR exercise".
 */
import type { DrillItem } from '../../domain/plan/drills.ts';
import type { PlaybookItem } from '../../domain/playbook/playbook.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import { stage } from '../compiler.ts';
import { type Asking, askAll } from './checklist.ts';
import type { Rehearse } from './rehearse.ts';

/** What is asked of every stage; the runbook's own people know no better question. */
const who = 'Who does this or decides it, and what would you see when it worked?';

export const tabletop: Rehearse<'tabletop'> = (situation, drill, real) => {
  const { procedure } = drill;
  const talked = real[procedure as Exclude<Procedure, 'drill'>]({ ...situation, procedure, request: {} });
  const asked = talked.items.map((item, index): Asking[] =>
    askAll(situation, drill, 'during', [questionOf(item, index)]),
  );
  // One after another: people talk about a stage when the one before is through.
  return {
    items: talked.items.map((item, index) =>
      stage(
        item.title,
        (asked[index] ?? []).map(({ step }) => step),
      ),
    ),
    asked: asked.flat(),
    ...(talked.point === undefined ? {} : { point: talked.point }),
  };
};

function questionOf(item: PlaybookItem, index: number): DrillItem {
  return {
    title: `${index + 1}. ${item.title}`.slice(0, 120),
    instructions: [...describe(item), who].join('\n'),
    ask: 'text',
  };
}

/** What the machine would do in it, as people read it in the preview. */
function describe(item: PlaybookItem): string[] {
  switch (item.type) {
    case 'stage':
      return item.ranks.flat().map(({ title }) => `- ${title}`);
    case 'gate':
      return [`Passes by itself where every host is ${item.outcome}; else somebody accepts the risk ${item.risk}.`];
    case 'pointOfNoReturn':
      return ['From here on nothing is put back.'];
    case 'watch':
      return [`- ${item.step.title}, again and again`];
  }
}
