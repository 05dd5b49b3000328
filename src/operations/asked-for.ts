import { isObject, type JsonObject, recordIn } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
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
  readonly returns: { readonly record: RecordShape };
}

/**
 * LeadDyno must answer a write to a record by its id with that record. If it answers with another, we do not know which
 * one it changed. An answer without an id passes.
 * @throws LeadDynoError `unexpected`, with an unknown fate
 */
export function checkWritten({ path, returns }: Written, args: JsonObject, answered: JsonObject): void {
  const { singular } = returns.record;
  const argument = `${singular}_id`;
  if (!path.includes(`{${argument}}`)) return;
  const [asked, came] = [keyText(args[argument]), keyText(recordIn(answered, singular).id)];
  if (asked === '' || !/^\d+$/.test(came) || came === asked) return;
  const what = `LeadDyno was told to change the ${singular} ${quote(asked)} but answered with the ${singular} ${quote(came)}`;
  throw new LeadDynoError('unexpected', `${what}: check both before changing anything else`, { fate: 'unknown' });
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
