import { isObject, type JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { amountText, money } from '../records/money.ts';
import { isCancelled, isStillToCome, parsePurchase } from '../records/parse.ts';
import { iso } from '../records/period.ts';
import { codeOf } from '../records/values.ts';
import { digestOf, quote } from '../text.ts';

/*
 * Building blocks of questions: records, the arguments that are sent, and at the end what an answer is bound to.
 *
 * Everything that a stranger typed goes through `quote`: it stays one short quoted piece of the sentence, and no two
 * texts get the same spelling. Everything that is sent is shown, so that a yes to one call is never a yes to another.
 */

export const NO_UNDO = 'This cannot be undone.';

/** The answer of a read that a question cannot do without. */
export function required(shaped: JsonObject | undefined, what: string): JsonObject {
  if (shaped) return shaped;
  throw new LeadDynoError('not_found', `LeadDyno has no ${what}`, { fate: 'refused' });
}

/** Identifies an affiliate: name, e-mail, id and status, as far as LeadDyno shows them. */
export function nameAffiliate(affiliate: JsonObject): string {
  const name = [affiliate.first_name, affiliate.last_name].filter(isFilled).join(' ');
  const parts = [
    ...(name ? [quote(name)] : []),
    ...(isFilled(affiliate.email) ? [address(affiliate.email)] : []),
    ...(affiliate.id === undefined ? [] : [`id ${plainNumber(affiliate.id)}`]),
    ...(isFilled(affiliate.status) ? [`status ${quote(affiliate.status)}`] : []),
    ...(name || isFilled(affiliate.email) ? [] : ['whose name and e-mail could not be read']),
  ];
  return `affiliate ${parts.join(', ')}`;
}

/** One purchase: code, amount, customer and whether it is cancelled by now, as far as LeadDyno shows them. */
export function namePurchase(purchase: JsonObject, now: number): string {
  const parsed = parsePurchase(purchase);
  const code = codeOf(purchase.purchase_code) === '' ? '' : ` ${quote(purchase.purchase_code)}`;
  const id = purchase.id === undefined ? '' : ` (id ${plainNumber(purchase.id)})`;
  if (!code && amountText(purchase.purchase_amount) === undefined)
    return `purchase${id}, whose details could not be read`;
  return [
    `purchase${code}${id} of ${money(purchase.purchase_amount, purchase.currency)}`,
    `customer ${describeMinimal(purchase.lead)}`,
    // Said only of a complete record: a null in any other answer proves nothing.
    purchase.affiliate === null && amountText(purchase.purchase_amount)
      ? 'no affiliate credited'
      : `affiliate ${describeMinimal(purchase.affiliate)}`,
    ...(isCancelled(parsed, now) ? ['already cancelled'] : []),
    ...(isStillToCome(parsed, now) ? [`to be cancelled on ${iso(parsed.cancelledAt)}`] : []),
  ].join(', ');
}

/** A person's short record inside another record. */
function describeMinimal(value: unknown): string {
  const { email, id } = isObject(value) ? value : {};
  if (isFilled(email)) return address(email);
  return id === undefined ? 'unknown' : `id ${plainNumber(id)}`;
}

const isFilled = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';

/** At most `max` pieces, and how many more there are. */
export function listed(pieces: readonly string[], max = 20): string {
  const shown = pieces.slice(0, max).join('; ');
  return pieces.length > max ? `${shown}; and ${pieces.length - max} more` : shown;
}

export function plainNumber(value: unknown): string {
  return typeof value === 'number' ? String(value) : quote(value, 20);
}

/** An address decides who is meant and where money goes, so up to 200 characters of it are shown. */
export const address = (value: unknown) => quote(value, 200);

/** `email from "a" to "b"`, with quoted values. A value that the record does not show is not called empty. */
export function change(name: string, from: unknown, to: unknown): string {
  const target = shown(to);
  if (from === null || from === '') return `${name} from nothing to ${target}`;
  if (typeof from !== 'string' && typeof from !== 'number' && typeof from !== 'boolean')
    return `${name} to ${target} (the current value could not be read)`;
  return `${name} from ${typeof from === 'number' ? quote(from) : shown(from)} to ${target}`;
}

/** A value as it is sent: texts quoted, more of addresses than of others. */
function shown(value: unknown): string {
  if (value === '') return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return quote(JSON.stringify(value), 200);
  return value.includes('@') ? address(value) : quote(value, 120);
}

/** The arguments that the question does not mention yet, as its last sentence. */
export function sentBesides(args: JsonObject, named: ReadonlySet<string>): string {
  const rest = Object.entries(args).filter(([name, value]) => value !== undefined && !named.has(name));
  if (rest.length === 0) return '';
  return ` Also sent: ${rest.map(([name, value]) => `${name} ${shown(value)}`).join(', ')}.`;
}

/** A list in a question: at most `max` pieces, then the number of others and a digest, so no two lists look alike. */
export function countedList(pieces: readonly string[], max = 20): string {
  if (pieces.length <= max) return pieces.join('; ');
  const rest = pieces.length - max;
  return `${pieces.slice(0, max).join('; ')}; and ${rest} more (digest of all ${pieces.length}: ${digestOf(pieces.join('\n'))})`;
}

/**
 * What a confirmation is bound to besides the text of its question: the record's identity, flags, amounts and affected
 * ids. Never counters or `updated_at`, which change without anybody editing the record.
 */
const STATE_FIELDS = new Set([
  'id',
  'email',
  'affiliate_code',
  'paypal_email',
  'status',
  'archived',
  'pending_approval',
  'cancelled',
  'paid',
  'amount',
  'currency',
  'purchase_amount',
  'purchase_code',
  'commission_amount_override',
  'compensation_tier_code',
  'referring_affiliate_id',
]);

/** The state of a record or of several, to be compared as JSON. */
export function boundStateOf(record: unknown): unknown {
  if (Array.isArray(record)) {
    return record.map(boundStateOf).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (!isObject(record)) return null;
  const state: [string, unknown][] = [];
  for (const name of Object.keys(record).sort()) {
    const value = record[name];
    if (typeof value === 'object' && value !== null) state.push([name, boundStateOf(value)]);
    else if (STATE_FIELDS.has(name)) state.push([name, value]);
  }
  return state;
}
