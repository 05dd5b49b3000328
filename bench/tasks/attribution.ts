import { rowsOf } from '../../evals/agent.ts';
import { centsOf, writeCents } from '../../evals/amounts.ts';
import { NOW } from '../../evals/clock.ts';
import { attribution as asked, type Trace, type Why, whyOf } from '../../evals/questions/attribution.ts';
import type { JsonObject } from '../../src/json.ts';
import { emailOf, inside } from './lists.ts';
import { solved } from './solved.ts';

export const attribution = solved(asked, {
  needs: ['trace_attribution'],
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
    for (const facts of rowsOf(await agent.call('trace_attribution', { purchase_codes: codes }), 'traces')) {
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

/** The explanation in the reasons, found by the words that the server uses. */
function whyIn(reasons: readonly string[], credited: string | null): Why {
  const says = (words: RegExp) => reasons.some((reason) => words.test(reason));
  if (says(/purchase is cancelled/)) return 'order cancelled';
  if (credited !== null) return 'referred by the affiliate';
  if (says(/affiliate is archived/)) return 'affiliate archived';
  return says(/came without an affiliate link|Neither the lead nor the purchase names/)
    ? 'came without a referral'
    : 'unclear';
}

const earningOf = (row: JsonObject) => `${writeCents(centsOf(row.amount))} ${row.currency} ${stateOf(row)}`;

function stateOf({ paid, cancelled, due_at }: JsonObject): string {
  if (cancelled) return 'cancelled';
  if (paid) return 'paid';
  return Date.parse(String(due_at)) <= NOW ? 'due' : 'pending';
}
