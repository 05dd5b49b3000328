import { affiliates } from '../operations/examples/affiliates.ts';
import { commissions } from '../operations/examples/commissions.ts';
import type { Examples } from '../operations/examples/example.ts';
import { leads } from '../operations/examples/leads.ts';
import { purchases } from '../operations/examples/purchases.ts';
import { campaigns, customFields, subIds, visitors } from '../operations/examples/small-groups.ts';

export type { Example, Examples } from '../operations/examples/example.ts';
export { PROGRAMME, SEED } from '../operations/examples/example.ts';

/** Examples by group; within a group the calls work in this order, on a programme of its own. */
export const examplesByGroup: Readonly<Record<string, Examples>> = {
  affiliates,
  commissions,
  purchases,
  leads,
  visitors,
  campaigns,
  custom_fields: customFields,
  sub_ids: subIds,
};

/** One or more calls of every tool, by its name. */
export const examples: Examples = Object.assign({}, ...Object.values(examplesByGroup));
