import type { JsonObject } from '../../json.ts';
import { isArchived } from '../../records/people.ts';
import { numberOf, numericIdOf, shownIdOf } from '../../records/values.ts';
import { namesOf } from './applicant-texts.ts';

const IDS_SHOWN = 10;

/** Place by lifetime purchases among those who are not archived. A count that LeadDyno does not show is not zero. */
export function rankOf(id: number, affiliate: JsonObject, all: readonly JsonObject[]): JsonObject {
  if (isArchived(affiliate)) return { rank: null, reason: 'archived affiliates are not ranked' };
  const counts = all
    .filter((one) => !isArchived(one) && numericIdOf(one) !== id)
    .map(({ total_purchases }) => numberOf(total_purchases));
  const own = numberOf(affiliate.total_purchases);
  const of = counts.length + 1;
  if (own === undefined) return { rank: null, reason: 'LeadDyno shows no lifetime count for them', of };
  const without = counts.filter((count) => count === undefined).length;
  return {
    rank: 1 + counts.filter((count) => count !== undefined && count > own).length,
    of,
    tied_with: counts.filter((count) => count === own).length,
    ...(without > 0 && { without_count: without }),
  };
}

/** Who recruited them, as far as LeadDyno says, and whom they recruited. */
export function recruitingOf(id: number, affiliate: JsonObject, all: readonly JsonObject[]): JsonObject {
  const recruiterId = numberOf(affiliate.referring_affiliate_id);
  const recruiter = recruiterId === undefined ? undefined : all.find((one) => numericIdOf(one) === recruiterId);
  const recruited = all.filter((one) => numberOf(one.referring_affiliate_id) === id);
  const { referring_affiliate } = affiliate;
  return {
    recruited_by: recruiter
      ? describeBriefly(recruiter)
      : recruiterId === undefined
        ? // A name without an id: what it is otherwise is not established (API reference, Affiliate).
          referring_affiliate
          ? { referring_affiliate }
          : null
        : { affiliate_id: recruiterId },
    recruited: recruited.length,
    ...(recruited.length > 0 && {
      recruited_affiliate_ids: recruited.slice(0, IDS_SHOWN).map((one) => numericIdOf(one) ?? null),
    }),
  };
}

/** Enough to tell one affiliate from another. */
export function describeBriefly(affiliate: JsonObject): JsonObject {
  const { email, affiliate_code, status } = affiliate;
  return { affiliate_id: shownIdOf(affiliate), ...namesOf(affiliate), email, affiliate_code, status };
}
