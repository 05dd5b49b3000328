import type { JsonObject } from '../../src/json.ts';
import { commissionState } from '../../src/sandbox/bookkeeping.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { rowsOf } from './agent.ts';
import { centsOf, writeCents } from './amounts.ts';
import { NOW } from './clock.ts';
import { emailOf, inside } from './lists.ts';
import { question } from './question.ts';

/** Who got what for an order, and the facts that explain it. */
interface Trace {
  readonly credited: string | null;
  readonly earned: readonly string[];
  /** The affiliate the customer belongs to, and where that affiliate stands. */
  readonly customer_of: string | null;
  readonly standing: string | null;
  readonly why: Why;
}

type Why =
  | 'affiliate archived'
  | 'came without a referral'
  | 'order cancelled'
  | 'referred by the affiliate'
  | 'unclear';

function whyOf(facts: Omit<Trace, 'earned' | 'why'> & { readonly cancelled: boolean }): Why {
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

/** One order of each kind there is something to explain about. */
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

export const attribution = question({
  number: 10,
  asked: 'Why did these orders earn nobody a commission, and who got the credit for those, and why (four order codes)?',
  needs: ['trace_attribution'],
  given: (programme) => ({ codes: choose(programme) }),
  truth: (programme, { codes }) => codes.map((code) => trace(programme, code)),
  plain: [
    {
      how: 'the purchase, its commissions, the customer, and the affiliate whom the customer belongs to',
      async solve(agent, { codes }) {
        const traces: Trace[] = [];
        for (const purchase_code of codes) {
          const purchase = (await agent.call('find_purchase_by_code', { purchase_code })).purchase as JsonObject;
          const commissions = rowsOf(
            await agent.call('list_purchase_commissions', { purchase_id: purchase.id }),
            'commissions',
          );
          const lead = (await agent.call('get_lead', { lead_id: inside(purchase, 'lead')?.id })).lead as JsonObject;
          const owner = inside(lead, 'affiliate')?.id;
          const affiliate =
            owner === undefined
              ? undefined
              : ((await agent.call('get_affiliate', { affiliate_id: owner })).affiliate as JsonObject);
          const facts = {
            credited: emailOf(purchase, 'affiliate'),
            customer_of: emailOf(lead, 'affiliate'),
            standing: affiliate ? String(affiliate.status) : null,
          };
          const why = whyOf({ ...facts, cancelled: purchase.cancelled === true });
          traces.push({ ...facts, earned: commissions.map(earningOf), why });
        }
        return traces;
      },
    },
  ],
  async workflows(agent, { codes }) {
    const traces: Trace[] = [];
    for (const purchase_code of codes) {
      const facts = await agent.call('trace_attribution', { purchase_code });
      const chain = inside(facts, 'chain') ?? {};
      const [purchase, lead] = [inside(chain, 'purchase') ?? {}, inside(chain, 'lead') ?? {}];
      const owner = inside(lead, 'affiliate')?.id;
      const standing = rowsOf(chain, 'affiliates').find(({ affiliate_id }) => affiliate_id === owner)?.status;
      const credited = emailOf(purchase, 'affiliate');
      traces.push({
        credited,
        customer_of: emailOf(lead, 'affiliate'),
        standing: typeof standing === 'string' ? standing : null,
        earned: rowsOf(inside(chain, 'commissions') ?? {}, 'rows').map(earningOf),
        why: whyIn(
          rowsOf(facts, 'reasons').map(({ reason }) => String(reason)),
          credited,
        ),
      });
    }
    return traces;
  },
});

/** What the reasons say, for a reader who knows which words to look for. */
function whyIn(reasons: readonly string[], credited: string | null): Why {
  const says = (words: RegExp) => reasons.some((reason) => words.test(reason));
  if (says(/purchase is cancelled/)) return 'order cancelled';
  if (credited !== null) return 'referred by the affiliate';
  if (says(/affiliate is archived/)) return 'affiliate archived';
  return says(/recorded no affiliate link/) ? 'came without a referral' : 'unclear';
}

const earningOf = (row: JsonObject) => `${writeCents(centsOf(row.amount))} ${row.currency} ${stateOf(row)}`;

function stateOf({ paid, cancelled, due_at }: JsonObject): string {
  if (cancelled) return 'cancelled';
  if (paid) return 'paid';
  return Date.parse(String(due_at)) <= NOW ? 'due' : 'pending';
}
