import { commissionState } from '../../src/sandbox/bookkeeping.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { writeCents } from '../amounts.ts';
import { NOW } from '../clock.ts';
import type { Fact } from '../fact.ts';
import type { Question } from '../question.ts';
import { callOf } from './people.ts';

/** Who got what for an order, and why. */
export interface Trace {
  readonly credited: string | null;
  readonly earned: readonly string[];
  /** The affiliate that the customer belongs to, and that affiliate's status. */
  readonly customer_of: string | null;
  readonly standing: string | null;
  readonly why: Why;
}

export type Why =
  | 'affiliate archived'
  | 'came without a referral'
  | 'order cancelled'
  | 'referred by the affiliate'
  | 'unclear';

export function whyOf(facts: Omit<Trace, 'earned' | 'why'> & { readonly cancelled: boolean }): Why {
  const { credited, customer_of, standing, cancelled } = facts;
  if (cancelled) return 'order cancelled';
  if (credited !== null) return credited === customer_of ? 'referred by the affiliate' : 'unclear';
  if (customer_of === null) return 'came without a referral';
  return standing === 'Archived' ? 'affiliate archived' : 'unclear';
}

const emailIn = (programme: Programme, id: number | null) =>
  (id === null ? undefined : programme.affiliates.get(id)?.email) ?? null;

function trace(programme: Programme, code: string): Trace {
  const purchase = programme.purchaseByCode(code);
  const lead = purchase && programme.leads.get(purchase.leadId);
  if (!purchase || !lead) throw new Error(`no purchase ${code}`);
  const facts = {
    credited: emailIn(programme, purchase.affiliateId),
    customer_of: emailIn(programme, lead.affiliateId),
    standing: (lead.affiliateId === null ? undefined : programme.affiliates.get(lead.affiliateId)?.status) ?? null,
  };
  return {
    ...facts,
    earned: programme
      .commissionsOfPurchase(purchase.id)
      .map((row) => `${writeCents(row.amount)} ${row.currency} ${commissionState(programme, row, NOW)}`),
    why: whyOf({ ...facts, cancelled: purchase.cancelled }),
  };
}

/** One order of each kind that needs an explanation. */
function choose(programme: Programme): string[] {
  const customerOf = (leadId: number) => programme.leads.get(leadId)?.affiliateId ?? null;
  const rows = programme.purchases.rows.toReversed();
  const kinds: ((row: (typeof rows)[number]) => boolean)[] = [
    (row) => row.affiliateId === null && customerOf(row.leadId) !== null,
    (row) => row.affiliateId === null && customerOf(row.leadId) === null,
    (row) => row.affiliateId !== null && row.cancelled,
    (row) => row.affiliateId !== null && !row.cancelled,
  ];
  return kinds.flatMap((kind) => rows.find(kind)?.code ?? []);
}

/** Patterns of words with which an answer may explain an order. */
const WORDS: Readonly<Record<Why, readonly string[]>> = {
  'affiliate archived': ['archived'],
  'came without a referral': [
    'without (a|an|any)[^.]{0,30}(referral|affiliate|link|click)',
    'no[^.]{0,30}(referral|affiliate|link|click|visit)',
    '(organic|direct)',
  ],
  'order cancelled': ['cancel'],
  'referred by the affiliate': ['referr', 'credit', 'link', 'belongs'],
  unclear: ['unclear', 'not known', 'cannot (be )?(say|tell)'],
};

export const attribution: Question<{ readonly codes: readonly string[] }, readonly Trace[]> = {
  number: 10,
  title: 'Why did these orders earn nobody a commission, and who got the credit for those, and why (four order codes)?',
  ask: ({ codes }) =>
    `Here are ${codes.length} orders. For each one, by its code: who got the credit, what commission did it earn, and why that or why none?\n${codes.join('\n')}`,
  given: (programme) => ({ codes: choose(programme) }),
  truth: (programme, { codes }) => codes.map((code) => trace(programme, code)),
  facts: (traces, { codes }, programme) =>
    traces.flatMap(({ credited, earned, customer_of, why }, index): Fact[] => {
      const code = codes[index] ?? '';
      const near = [code, code.slice(0, 8)];
      const who = credited ?? customer_of;
      return [
        { what: `${code}: ${why}`, says: WORDS[why], near },
        ...(who === null ? [] : [{ what: `${code}: names ${who}`, anyOf: callOf(programme, who), near }]),
        ...earned.map((written): Fact => {
          const [amount = '', currency = ''] = written.split(' ');
          return { what: `${code}: ${amount} ${currency}`, amount, currency, near };
        }),
      ];
    }),
};
