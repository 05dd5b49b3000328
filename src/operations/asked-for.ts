import { isObject, type JsonObject, recordIn, rowsIn } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { LeadDynoRequest } from '../leaddyno/request.ts';
import { keyForm } from '../records/keys.ts';
import { sameAmount } from '../records/money.ts';
import { quote } from '../text.ts';
import { nameAffiliate } from './questions.ts';
import type { RecordShape } from './shapes.ts';

/* Checks that LeadDyno answered with the record that was asked for, and credited the affiliate it was told to. */

/** What a look-up finds its record by: the argument that is sent, and the record's field that must match it. */
export interface Key {
  readonly argument: string;
  readonly field: string;
  /** Its name in a sentence. */
  readonly name: string;
  /** The form in which two of them are compared. */
  readonly plain: (text: string) => string;
  /**
   * Ids and purchase codes are checked in every read; e-mails only before a question or a write. LeadDyno may find a
   * person by another of their addresses, and a caller who only reads wants to see that record.
   */
  readonly judged: 'always' | 'before_writes';
}

export const byId = (argument: string): Key => ({
  argument,
  field: 'id',
  name: 'id',
  plain: (text) => text,
  judged: 'always',
});

export const byPurchaseCode: Key = {
  argument: 'purchase_code',
  field: 'purchase_code',
  name: 'purchase code',
  plain: keyForm,
  judged: 'always',
};

export const byEmail: Key = {
  argument: 'email',
  field: 'email',
  name: 'e-mail',
  plain: keyForm,
  judged: 'before_writes',
};

/** A key as trimmed text; empty if there is none. */
function keyText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** Whether the answer is a record at all: it has an id, or the key that was asked for. */
export function isRecord(key: Key, record: JsonObject, args: JsonObject): boolean {
  return keyText(record.id) !== '' || carriesKey(key, record, args);
}

/** Whether a record has the key that was asked for. */
function carriesKey(key: Key, record: JsonObject, args: JsonObject): boolean {
  const came = keyText(record[key.field]);
  return came !== '' && key.plain(came) === key.plain(keyText(args[key.argument]));
}

/**
 * LeadDyno must answer with the record that was asked for. Otherwise a person could be shown one record, and the write
 * would then change another. A record without the key field passes.
 * @throws LeadDynoError `unexpected`
 */
export function checkAskedFor(key: Key, { singular }: RecordShape, record: JsonObject, args: JsonObject): void {
  const asked = keyText(args[key.argument]);
  const came = keyText(record[key.field]);
  if (asked === '' || came === '' || carriesKey(key, record, args)) return;
  const what = `LeadDyno was asked for the ${singular.replaceAll('_', ' ')} with the ${key.name} ${quote(asked)} but sent the one with the ${key.name} ${quote(came)}`;
  const next = 'change neither until someone has checked both in LeadDyno';
  throw new LeadDynoError('unexpected', `${what}: ${next}`, { fate: 'refused' });
}

interface Written {
  readonly path: string;
  readonly effect: string;
  readonly returns: { readonly record: RecordShape };
}

/** The records in the answer to a write. */
function recordsIn({ returns: { record } }: Written, answered: JsonObject): JsonObject[] {
  const one = recordIn(answered, record.singular);
  return Object.keys(one).length > 0 ? [one] : rowsIn(answered, record.plural);
}

/** What names the record that a write is about, or who it belongs to: as it was sent, and as the answer shows it. */
function namesOf({ path, effect, returns: { record } }: Written, args: JsonObject, row: JsonObject) {
  const { singular } = record;
  const isNew = effect === 'create' && (singular === 'affiliate' || singular === 'lead');
  const byCode = singular === 'purchase' && !path.includes('{');
  return [
    { name: singular, asked: path.includes(`{${singular}_id}`) ? args[`${singular}_id`] : undefined, came: row.id },
    {
      name: 'affiliate',
      asked: singular !== 'affiliate' && path.includes('{affiliate_id}') ? args.affiliate_id : undefined,
      came: recordIn(row, 'affiliate').id ?? row.affiliate_id,
    },
    { name: 'purchase', asked: byCode ? args.purchase_code : undefined, came: row.purchase_code },
    { name: singular, asked: isNew ? args.email : undefined, came: row.email },
  ];
}

/**
 * LeadDyno must answer a write with the record that it was about. If it answers with another, we do not know which one
 * it changed, and a login of somebody else must not be shown. An answer that does not name its record passes.
 * @throws LeadDynoError `unexpected`, with an unknown fate
 */
export function checkWritten(operation: Written, args: JsonObject, answered: JsonObject): void {
  const rows = recordsIn(operation, answered);
  if (args.affiliate_email !== undefined && rows.length > 0 && rows.every((row) => isOfOthers(row, args))) {
    const what = `LeadDyno was told to change the commissions of ${quote(args.affiliate_email)} for the purchase ${quote(args.purchase_code)} but answered only with others`;
    throw new LeadDynoError('unexpected', `${what}: check both before changing anything else`, { fate: 'unknown' });
  }
  for (const row of rows) {
    for (const { name, asked, came } of namesOf(operation, args, row)) {
      const [sent, shown] = [keyText(asked), keyText(came)];
      // A number was sent: what is none, such as an id of another kind, says nothing.
      const says = typeof asked !== 'number' || /^\d+$/.test(shown);
      if (sent === '' || shown === '' || !says || keyForm(sent) === keyForm(shown)) continue;
      const what = name.replaceAll('_', ' ');
      const told = operation.effect === 'create' ? 'was sent' : 'was told to change';
      throw new LeadDynoError(
        'unexpected',
        `LeadDyno ${told} the ${what} ${quote(sent)} but answered with the ${what} ${quote(shown)}: check both before changing anything else`,
        { fate: 'unknown' },
      );
    }
  }
}

/** Whether a commission names another affiliate or purchase than those to be marked. */
const isOfOthers = (row: JsonObject, args: JsonObject): boolean =>
  ['affiliate_email', 'purchase_code'].some((name) => differ(shownIn(row, name), args[name]));

interface Sent extends Written {
  readonly leaves?: JsonObject | undefined;
}

/** Where the answer shows a value that was sent, if not in the field of that name. */
const SHOWN_IN: Readonly<Record<string, (row: JsonObject) => unknown>> = {
  affiliate_email: (row) => recordIn(row, 'affiliate').email,
  email: (row) => row.email ?? recordIn(row, 'lead').email,
  purchase_code: (row) => row.purchase_code ?? recordIn(row, 'purchase').purchase_code,
};

const shownIn = (row: JsonObject, name: string): unknown => SHOWN_IN[name]?.(row) ?? row[name];

/** Not compared: LeadDyno may write an address of a page in its own way. */
const FREE: ReadonlySet<string> = new Set(['url']);

/**
 * Says in a write's result where LeadDyno's answer shows something else than was sent, or a flag that the write should
 * have changed.
 * @param request as it was sent
 * @param check the tools that show what was written
 */
export function remarkOnAnswer(
  operation: Sent,
  request: LeadDynoRequest,
  answered: JsonObject,
  check: string | undefined,
): string | undefined {
  const rows = recordsIn(operation, answered);
  const sent = request.body ?? request.query;
  const expected = Object.entries({ ...sent, ...operation.leaves }).filter(([name]) => !FREE.has(name));
  const differences = expected.flatMap(([name, value]) => {
    const other = rows.map((row) => shownIn(row, name)).find((shown) => isOtherValue(value, shown));
    return other === undefined ? [] : [`${name} is ${quote(other, 80)}`];
  });
  if (differences.length === 0) return undefined;
  // What was sent is not repeated: it may hold the key, which LeadDyno's answer is cleaned of.
  return `LeadDyno's answer shows other values than were sent: ${differences.join('; ')}.${check === undefined ? '' : ` Check with ${check}.`}`;
}

/** Whether an answer shows another value. What it leaves out, or writes in a form of its own, is no difference. */
function isOtherValue(sent: unknown, shown: unknown): boolean {
  if (typeof sent === 'object' || typeof shown === 'object' || shown === undefined) return false;
  if (sameAmount(sent, shown)) return false;
  const [one, other] = [String(sent), String(shown)];
  if (keyForm(one) === keyForm(other)) return false;
  const [time, came] = [Date.parse(one), Date.parse(other)];
  return !(one.includes('-') && !Number.isNaN(time) && (time === came || other.startsWith(one)));
}

/**
 * Says in a write's result that nobody, or somebody else, was credited although a code or an address was given.
 * LeadDyno silently accepts a code that nobody has or that earns nothing.
 * @param singular the name of the record in the answer
 */
export function remarkOnCredit(singular: string) {
  return (args: JsonObject, answered: JsonObject, read: unknown): string | undefined => {
    const { code, affiliate: address } = args;
    const { affiliate: credited } = recordIn(answered, singular);
    if ((code === undefined && address === undefined) || credited === undefined) return undefined;

    const owner = recordIn(read, 'affiliate');
    const known = owner.id !== undefined;
    const given = code === undefined ? `the address ${quote(address)}` : `the code ${quote(code)}`;
    const asked = `although ${given}${known ? ` of the ${nameAffiliate(owner)}` : ''} was given`;
    if (credited === null) {
      const look = code === undefined ? 'find_affiliate_by_email' : 'find_affiliate_by_code';
      return `No affiliate was credited, ${asked}.${known ? '' : ` Check it with ${look}.`}`;
    }
    if (!isObject(credited)) return undefined;
    const another = known ? differ(credited.id, owner.id) : code === undefined && differ(credited.email, address);
    return another
      ? `The ${nameAffiliate(credited)} was credited, ${asked}. The attribution settings of the account decide that.`
      : undefined;
  };
}

/**
 * Says in an update's result that nothing changed, if the record was read for a question and had the values already.
 * @param fields each argument that may change something, and the record's field that shows its value
 */
export function remarkUnchanged(fields: readonly (readonly [argument: string, field: string])[]) {
  return (args: JsonObject, _: JsonObject, read: unknown): string | undefined => {
    if (!isObject(read)) return undefined;
    const given = fields.filter(([argument]) => args[argument] !== undefined);
    const isSame = ([argument, field]: (typeof fields)[number]) =>
      args[argument] === read[field] || sameAmount(args[argument], read[field]);
    return given.length > 0 && given.every(isSame)
      ? 'Nothing changed: the record already had these values. They were sent anyway.'
      : undefined;
  };
}

/** Whether both are present and differ. */
function differ(one: unknown, other: unknown): boolean {
  if (one === undefined || one === null || other === undefined) return false;
  return keyForm(String(one)) !== keyForm(String(other));
}
