import { address, countedList, listed, NO_UNDO, nameAffiliate } from '../../operations/questions.ts';
import { groupBy } from '../../records/values.ts';
import { quote } from '../../text.ts';
import type { Obstacle } from './entries.ts';
import { isSame, type New, type Plan } from './plan.ts';

/** How many of each kind the question names, at most. */
const EXAMPLES = 10;
const FEW = 3;

/** How the question describes rows that are kept back. */
const KEPT: Readonly<Record<Obstacle, string>> = {
  invalid: 'cannot be used as they are',
  duplicate: 'are in the list twice',
  code_taken: 'ask for a code that is taken',
  group_unknown: 'name a group with no affiliates',
  recruiter_unknown: 'name a recruiter who does not exist',
  over_seats: "are over the plan's seats",
  changed: 'have changed since',
};

/** Describes everything that is sent for one affiliate. */
function describe({ args }: New): string {
  const { email, first_name, last_name, affiliate_type, affiliate_code, paypal_email, referring_affiliate } = args;
  return [
    // Each field separately, so that the question differs whenever what is sent differs.
    ...(first_name === undefined ? [] : [quote(first_name)]),
    ...(last_name === undefined ? [] : [`surname ${quote(last_name)}`]),
    address(email),
    ...(affiliate_type === undefined ? [] : [`group ${quote(affiliate_type)}`]),
    ...(affiliate_code === undefined ? [] : [`code ${quote(affiliate_code)}`]),
    ...(paypal_email === undefined ? [] : [`paid at ${address(paypal_email)}`]),
    ...(referring_affiliate === undefined ? [] : [`recruited by ${address(referring_affiliate)}`]),
    ...(args.unsubscribed === undefined ? [] : [args.unsubscribed ? 'no e-mails' : 'gets e-mails']),
  ].join(', ');
}

/** The question before an import; undefined if nobody would be created. */
export function askImport(plan: Plan): string | undefined {
  const { approve, steps, known, kept, unknownColumns } = plan;
  const some = steps.flat();
  if (some.length === 0) return undefined;
  const several = some.length > 1;
  return [
    several
      ? `Create ${some.length} affiliates from a list of ${plan.rows} rows: ${countedList(some.map(describe), EXAMPLES)}?`
      : `Create the affiliate ${some.map(describe).join('')}?`,
    approve
      ? `APPROVED at once: ${several ? 'they are' : 'this one is'} active and can earn, without any review.`
      : 'Nobody is approved: if your programme reviews applicants, they wait for approval.',
    'LeadDyno may send each new affiliate an e-mail.',
    ...moneySentences(some),
    ...seatSentences(plan, some.length),
    ...paceSentences(plan, some),
    ...(plan.unchecked ? ['Whether the groups exist could not be checked.'] : []),
    ...(known.length > 0
      ? [
          `Nothing is sent for ${known.length} who ${known.length === 1 ? 'exists' : 'exist'} already: ${listed(
            known.map(({ affiliate }) => nameAffiliate(affiliate.raw).replace(/^affiliate /, '')),
            FEW,
          )}.`,
        ]
      : []),
    ...[...groupBy(kept, ({ obstacle }) => obstacle)].map(
      ([obstacle, rows]) =>
        `Not created, because they ${KEPT[obstacle as Obstacle]}: ${listed(
          rows.map(({ entry, reason }) => `row ${entry.row} ${quote(entry.fields.email)} (${reason})`),
          FEW,
        )}.`,
    ),
    ...(unknownColumns.length > 0
      ? [
          `Columns that are not used: ${listed(
            unknownColumns.map((name) => quote(name, 40)),
            EXAMPLES,
          )}.`,
        ]
      : []),
    `${NO_UNDO} archive_affiliate takes an affiliate out of the programme.`,
  ].join(' ');
}

/** Sentences on what decides who is paid how much, and where. */
function moneySentences(some: readonly New[]): string[] {
  const groups = [...groupBy(some, ({ args }) => String(args.affiliate_type ?? ''))].filter(([group]) => group !== '');
  const elsewhere = some.filter(({ args: { paypal_email, email } }) => isElsewhere(paypal_email, email));
  const others = elsewhere.filter(({ paidToo }) => paidToo);
  const recruited = some.filter(({ args }) => args.referring_affiliate !== undefined);
  const shared = [...groupBy(elsewhere, ({ args }) => String(args.paypal_email).toLowerCase())].filter(
    ([, rows]) => rows.length > 1,
  );
  return [
    ...(groups.length > 0
      ? [
          `Their group decides what they are paid: ${listed(
            groups.map(([group, rows]) => `${rows.length} in ${quote(group)}`),
            EXAMPLES,
          )}.`,
        ]
      : []),
    ...(recruited.length > 0
      ? [
          `${recruited.length} ${recruited.length === 1 ? 'names' : 'name'} a recruiter, who may earn on what they sell.`,
        ]
      : []),
    ...(elsewhere.length > 0
      ? [
          `${elsewhere.length} ${elsewhere.length === 1 ? 'is' : 'are'} paid at an address other than their e-mail: ${listed(elsewhere.map(payout), EXAMPLES)}.`,
        ]
      : []),
    ...(others.length > 0
      ? [`Payout address of another affiliate: ${listed(others.map(payoutOfOther), EXAMPLES)}.`]
      : []),
    ...(shared.length > 0
      ? [
          `Several are paid at one address: ${listed(
            shared.map(([to, rows]) => `${address(to)} ${rows.length}`),
            EXAMPLES,
          )}.`,
        ]
      : []),
  ];
}

const isElsewhere = (paypal: unknown, email: unknown) => paypal !== undefined && !isSame(String(paypal), String(email));

const payout = ({ args }: New) => `${address(args.email)} at ${address(args.paypal_email)}`;

const payoutOfOther = ({ args, paidToo }: New) =>
  `${address(args.email)} at that of the ${paidToo ? nameAffiliate(paidToo.raw) : ''}`;

/** Requests for one affiliate: a look-up right before, another one if there is a code, and the creation itself. */
const requestsFor = ({ args }: New) => (args.affiliate_code === undefined ? 2 : 3);

/** A warning if not all requests fit into a minute: a yes then covers a part, and the rest needs another question. */
function paceSentences({ requestsAMinute }: Plan, some: readonly New[]): string[] {
  const requests = some.reduce((sum, one) => sum + requestsFor(one), 0);
  if (requestsAMinute === 0 || requests <= requestsAMinute) return [];
  const fit = Math.floor((requestsAMinute * some.length) / requests);
  return [
    `About ${fit} fit into one minute of the limit of ${requestsAMinute} requests: the rest takes further calls, each with its own question.`,
  ];
}

function seatSentences({ seats, approve, programme: { active } }: Plan, count: number): string[] {
  if (seats === undefined) return [];
  if (active === undefined) return ["The plan's free seats could not be counted."];
  const after = active + count;
  if (approve) return [`${after} of the plan's ${seats} seats would then be taken.`];
  const over = after > seats ? ` That would be ${after - Math.max(seats, active)} too many.` : '';
  return [`If all were approved, ${after} of the plan's ${seats} seats would be taken.${over}`];
}
