import * as z from 'zod';
import { isObject, type JsonObject } from '../../json.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { payoutOf } from '../../records/keys.ts';
import type { Affiliate } from '../../records/parse.ts';
import { DAY_MS } from '../../records/period.ts';
import { cutText } from '../../text.ts';
import { number, rows } from '../output.ts';
import { affiliates } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';
import { createRedFlags, type RedFlag } from './red-flags.ts';
import { nameOf } from './review-plan.ts';

export const input = () => ({
  flagged: z.boolean().optional().describe('true: only with red flags; false: only without'),
  limit: z.int().min(1).max(200).default(10).describe('Applicants to show'),
});

export const output = {
  pending: number('How many are waiting for approval; pending_so_far if not all affiliates were read'),
  with_red_flags: number('How many of them have red flags'),
  applicants: rows(
    'Longest waiting first: affiliate_id, name, email, asked_as (how a question names them, if that differs), age_days, group, recruiter (who it is, status unless active, the names of their own red flags), payout (none given, an address other than the e-mail, or what is wrong with it), referrer, custom_fields, red_flags (flag, reason, affiliate_ids)',
  ),
};

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { flagged, limit, skip } = args as { flagged?: boolean; limit: number; skip: number };
  const { records: all, complete } = await work.scan(affiliates);
  // Applicants without a readable date come last.
  const since = ({ createdAt }: Affiliate) => createdAt || Number.MAX_SAFE_INTEGER;
  const pending = all.filter(({ standing }) => standing === 'pending').sort((a, b) => since(a) - since(b));
  const redFlags = createRedFlags(all);
  const byId = new Map(all.map((one) => [one.id, one]));
  const judged = pending.map((affiliate) => ({ affiliate, red_flags: redFlags(affiliate) }));
  const wanted = judged.filter(({ red_flags }) => flagged === undefined || flagged === red_flags.length > 0);
  const shown = wanted.slice(skip, skip + limit);
  const rest = wanted.slice(skip + shown.length);
  return {
    // An affiliate who was not read may be pending too, or be the one whom an applicant resembles.
    ...(complete
      ? { pending: pending.length, with_red_flags: judged.filter(({ red_flags }) => red_flags.length > 0).length }
      : { pending_so_far: pending.length }),
    applicants: shown.map(({ affiliate, red_flags }) => ({
      ...describeApplicant(affiliate, work.now()),
      // Pseudonyms replace whole fields, not a name within a text; and no question is ever asked where people are
      // masked.
      ...(work.masksPeople ? {} : nameInQuestion(affiliate)),
      ...recruiterOf(affiliate),
      red_flags,
    })),
    ...(skip > 0 && { skipped: Math.min(skip, wanted.length) }),
    ...(rest.length > 0 && { left_off: rest.length, next_skip: skip + shown.length }),
  };

  function recruiterOf({ recruiterId, raw }: Affiliate): JsonObject {
    if (recruiterId === '') return {};
    const found = byId.get(recruiterId);
    if (!found) {
      const recruiter = complete ? 'not in the list of affiliates' : 'not read';
      return { referring_affiliate_id: raw.referring_affiliate_id, recruiter };
    }
    return { recruiter: describeRecruiter(found, redFlags(found)) };
  }
}

/** A recruiter in short. Their own red flags are a reason to look at the applicants they bring. */
function describeRecruiter(recruiter: Affiliate, flags: readonly RedFlag[]): JsonObject {
  const { first_name, last_name, ...known } = describeAffiliate(
    recruiter,
    ...(recruiter.standing === 'active' ? [] : ['status']),
  );
  return {
    first_name: shortened(first_name, RECRUITER_NAME),
    last_name: shortened(last_name, RECRUITER_NAME),
    ...known,
    red_flags: flags.map(({ flag }) => flag),
  };
}

/**
 * The name as a question shows it, with invisible and look-alike characters made visible: given only if the cleaned
 * name hides some.
 */
function nameInQuestion({ raw }: Affiliate): JsonObject {
  // Without the parts that the row shows anyway.
  const asked = nameOf({ raw }).replace(/(, "[^"[]*")?, id \d+, status "[^"]*"$/, '');
  return /\[U\+|…\[/.test(asked) ? { asked_as: asked } : {};
}

/** Characters shown of a recruiter's name, and of an applicant's answer; get_affiliate has the whole record. */
const RECRUITER_NAME = 30;
const ANSWER = 100;

const shortened = (value: unknown, max: number) => (typeof value === 'string' ? cutText(value, max) : value);

function describeApplicant(affiliate: Affiliate, now: number): JsonObject {
  const { createdAt, email, payoutAddress, raw } = affiliate;
  const { custom_fields: answers, ...known } = describeAffiliate(
    affiliate,
    ...(payoutAddress !== '' && payoutAddress !== email ? ['paypal_email'] : []),
    'affiliate_code',
    'compensation_tier_code',
    'referrer_domain',
    'custom_fields',
  );
  return {
    ...known,
    ...(answers !== undefined && { custom_fields: shortAnswers(answers) }),
    ...payout(affiliate),
    applied_at: raw.created_at,
    age_days: Number.isNaN(createdAt) ? null : Math.max(0, Math.floor((now - createdAt) / DAY_MS)),
  };
}

function shortAnswers(answers: unknown): unknown {
  if (!isObject(answers)) return shortened(answers, ANSWER);
  return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, shortened(answer, ANSWER)]));
}

function payout(affiliate: Affiliate): JsonObject {
  const odd = payoutOf(affiliate);
  return affiliate.payoutAddress === '' && odd.payout === undefined
    ? { payout: 'none given: the e-mail is used' }
    : odd;
}
