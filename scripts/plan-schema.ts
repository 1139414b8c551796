/** Writes plans/plan.schema.json anew: `npm run plan:schema`. */
import { writeFileSync } from 'node:fs';
import { planJsonSchemaText } from '../activities/plans/json-schema.ts';

writeFileSync(new URL('../plans/plan.schema.json', import.meta.url), planJsonSchemaText());
