import { drawing, type Period, type Written } from '../../src/app-page.ts';
import { openServices, readParts } from '../../src/commands/report-reading.ts';
import { readConfig } from '../../src/config/config.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';

/* The data of the page in its tests and screenshots: answers of real tools, and unusual ones derived from them. */

/** The data for all parts of the page, from a sandbox. */
export async function writtenOf(options: SandboxOptions, period?: Period): Promise<Written> {
  const sandbox = await startSandbox({ rateLimit: 0, ...options });
  const invocation = readConfig(['--sandbox', '--rate-limit=0'], {});
  if (invocation.run !== 'serve') throw new Error('the server would not start');
  const services = openServices(invocation.config, sandbox.url, sandbox.key, undefined);
  try {
    const made_at = new Date().toISOString();
    const today = made_at.slice(0, 10);
    const chosen: Period = period ?? { kind: 'month', month: today.slice(0, 7) };
    const { callsFor } = await drawing();
    const { parts } = await readParts(callsFor(chosen, today), services, () => undefined);
    return { parts, period: chosen, made_at };
  } finally {
    await services.client.close();
    await sandbox.close();
  }
}

export const BUSY: SandboxOptions = { affiliates: 120, leads: 600, purchases: 500, visitors: 900 };

/** Currencies with zero, two and three decimals. */
export const EIGHT = ['USD', 'EUR', 'JPY', 'KWD', 'GBP', 'HUF', 'BHD', 'INR'] as const;
const DECIMALS: Readonly<Record<string, number>> = { JPY: 0, KWD: 3, BHD: 3 };

/** The same programme in eight currencies, with large amounts. */
export function inEightCurrencies({ parts, ...rest }: Written): Written {
  return { ...rest, parts: spread(parts) as Written['parts'] };
}

/** Repeats the USD rows of every list once per currency; rows in other currencies are dropped. */
function spread(value: unknown): unknown {
  if (Array.isArray(value)) {
    const dollars = value.filter((row) => isObject(row) && row.currency === 'USD') as JsonObject[];
    const others = value.filter((row) => !(isObject(row) && typeof row.currency === 'string'));
    return dollars.length > 0
      ? EIGHT.flatMap((currency) => dollars.map((row) => turned(row, currency)))
      : others.map(spread);
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spread(one)]));
}

function turned(value: unknown, currency: string): JsonObject {
  const turn = (one: unknown): unknown => {
    if (typeof one === 'string' && /^-?\d+\.\d{2}$/.test(one))
      return (Number(one) * 1_234).toFixed(DECIMALS[currency] ?? 2);
    if (Array.isArray(one)) return one.map(turn);
    return isObject(one) ? Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, turn(inner)])) : one;
  };
  return { ...(turn(value) as JsonObject), currency };
}

/** The same programme with names that are written from right to left. */
export function inRightToLeft(written: Written): Written {
  const names = ['محمد العلي', 'שרה כהן', 'فاطمة الزهراء'];
  let next = 0;
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (!isObject(value)) return value;
    const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rename(one)]));
    if (!('affiliate_id' in value) || !('email' in value)) return inner;
    next += 1;
    return { ...inner, name: names[next % names.length], first_name: names[next % names.length], last_name: '' };
  };
  return { ...written, parts: rename(written.parts) as Written['parts'] };
}

/** Trouble everywhere: held payouts, a difference from LeadDyno's total, commissions without an amount, claw-backs. */
export function withTrouble({ parts, ...rest }: Written): Written {
  const { payouts = {} } = parts;
  const page = isObject(payouts.page) ? payouts.page : {};
  const lines = (Array.isArray(page.lines) ? page.lines : []) as JsonObject[];
  const totals = (Array.isArray(payouts.totals) ? payouts.totals : []) as JsonObject[];
  const total = Number(totals.find(({ currency }) => currency === 'USD')?.total ?? 0);
  const reasons = ['below minimum', 'missing payout address', 'affiliate archived'];
  const held = lines.map((line, index) =>
    index % 7 === 0 ? { ...line, state: 'held', reasons: [reasons[index % 3]] } : line,
  );
  return {
    ...rest,
    parts: {
      ...parts,
      payouts: {
        ...payouts,
        page: { ...page, lines: held },
        reconciliation: [
          {
            currency: 'USD',
            ours: total.toFixed(2),
            leaddyno: (total + 128.75).toFixed(2),
            difference: '-128.75',
            agrees: false,
            likely_reasons: ['Commissions of cancelled purchases are held back here (128.75)'],
          },
        ],
        not_counted: [
          { reason: 'no_amount', meaning: 'they have no readable amount', count: 3, commission_ids: [1, 2, 3] },
        ],
        clawbacks: {
          totals: [{ currency: 'USD', amount: '48.20', commissions: 3 }],
          affiliates: [{ affiliate_id: 1, email: 'ann.arbor@example.com', currency: 'USD', amount: '48.20' }],
        },
      },
    },
  };
}

export const ONE: SandboxOptions = { affiliates: 1, leads: 3, purchases: 2, visitors: 4 };

/** A programme in which nothing has happened: every list is empty, every count is zero. */
export function withoutAnything({ parts, ...rest }: Written): Written {
  const empty = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return key === 'offers' || key === 'scanned' ? value : [];
    if (typeof value === 'number') return 0;
    return isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, empty(one, name)]))
      : value;
  };
  return { ...rest, parts: empty(parts) as Written['parts'] };
}

/** `count` payouts of 1 to `count` US dollars; every third one is held. */
export function withManyPayouts({ parts, ...rest }: Written, count: number): Written {
  const lines = Array.from({ length: count }, (_, index) => ({
    affiliate_id: 10_000 + index,
    first_name: 'Number',
    last_name: String(index + 1),
    email: `affiliate-${index + 1}@example.com`,
    pay_to: `affiliate-${index + 1}@example.com`,
    currency: 'USD',
    amount: `${index + 1}.00`,
    commissions: 1,
    ...((index + 1) % 3 === 0 ? { state: 'held', reasons: ['below minimum'] } : { state: 'ready' }),
  }));
  const payouts = parts.payouts ?? {};
  const page = isObject(payouts.page) ? payouts.page : {};
  return { ...rest, parts: { ...parts, payouts: { ...payouts, page: { ...page, lines } } } };
}
