import type { JsonObject } from '../../json.ts';
import { FIELDS, wordOf } from '../../records/fields.ts';
import type { Commission } from '../../records/parse.ts';
import { groupBy, isSaid } from '../../records/values.ts';
import { cutText } from '../../text.ts';
import type { Work } from '../workflow.ts';
import { idsOf, type Owed } from './owed.ts';
import { notRemembered } from './remembered.ts';

/**
 * LeadDyno's help mentions payments in progress, its API does not show them (API reference 10, point 2). Nothing is
 * held on a guess.
 */
const PENDING = 'The API does not show payments in progress: check in LeadDyno before you pay.';

const KNOWN: ReadonlySet<string> = new Set(FIELDS.commission.map(({ name }) => name));
/** The most fields, values and ids that are named. */
const NAMED = 10;

/** What somebody who pays from this report must know besides its figures. */
export function notesOn({ lines }: Owed, commissions: readonly Commission[], work: Work): JsonObject {
  const payable = lines.filter(({ reasons }) => reasons.length === 0).flatMap((line) => line.commissions);
  if (payable.length === 0) return {};
  const unknown = unknownFields(payable);
  return {
    pending_note: PENDING,
    ...(unknown.length > 0 && { unknown_fields: unknown }),
    ...(commissions.length > 0 && notRemembered(work)),
  };
}

/** Undocumented fields of these commissions: one of them may show a payment in progress. */
function unknownFields(commissions: readonly Commission[]): JsonObject[] {
  const fields = commissions.flatMap((one) =>
    Object.keys(one.raw)
      .filter((field) => !KNOWN.has(field) && isSaid(one.raw[field]))
      .map((field) => ({ field, one })),
  );
  const found = groupBy(fields, ({ field }) => field);
  return [...found].slice(0, NAMED).map(([field, those]) => {
    const some = those.map(({ one }) => one);
    return {
      field: cutText(field, 60),
      values: [...new Set(some.map(({ raw }) => wordOf(raw[field])))].slice(0, NAMED),
      count: some.length,
      commission_ids: idsOf(some.slice(0, NAMED)),
    };
  });
}
