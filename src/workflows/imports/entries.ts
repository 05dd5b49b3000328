import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { createAffiliate } from '../../operations/affiliates.ts';
import { Refusal } from '../../operations/operation.ts';
import { listed } from '../../operations/questions.ts';
import { flawOfAddress } from '../../records/keys.ts';
import { cleanText, quote } from '../../text.ts';
import { type ColumnField, fieldOfColumn, type Table } from './read-table.ts';

/** What `create_affiliate` takes for one person. */
export interface Fields {
  readonly email: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly affiliate_code?: string;
  readonly affiliate_type?: string;
  readonly paypal_email?: string;
  readonly referring_affiliate?: string;
  readonly unsubscribed?: boolean;
}

/** One row of the list, with the values to send. */
export interface Entry {
  /** Counted from 1 below the header; empty CSV rows do not count. */
  readonly row: number;
  readonly fields: Fields;
  /** Why it cannot be sent as is. */
  readonly flaw?: string;
}

/** Why nothing is sent for a row, apart from affiliates that exist already. */
export type Obstacle =
  | 'invalid'
  | 'duplicate'
  | 'code_taken'
  | 'group_unknown'
  | 'recruiter_unknown'
  | 'over_seats'
  | 'changed';

export interface Kept {
  readonly entry: Entry;
  readonly obstacle: Obstacle;
  readonly reason: string;
}

export interface Entries {
  readonly entries: readonly Entry[];
  /** Columns that are not a field of an affiliate. */
  readonly unknownColumns: readonly string[];
}

/** @param group for rows without one. @throws Refusal if two columns hold the same field, or none holds the e-mail */
export function entriesOf({ columns, rows }: Table, group: string | undefined): Entries {
  const fields = columns.map(fieldOfColumn);
  const twice = fields.find((field, index) => field !== undefined && fields.indexOf(field) !== index);
  if (twice) {
    const both = columns.filter((_, index) => fields[index] === twice).map((name) => quote(name, 40));
    throw new Refusal(`The columns ${both.join(' and ')} both read as ${twice}: leave one out`);
  }
  if (!fields.includes('email')) {
    const known = listed(columns.filter((name) => name.trim() !== '').map((name) => quote(name, 40)));
    throw new Refusal(`The list has no e-mail column; its first row must name the columns, and has ${known}`);
  }
  const unknownColumns = columns.filter((name, index) => fields[index] === undefined && name.trim() !== '');
  const check = z.object(createAffiliate.input());
  const entries = rows.map((cells, index): Entry => {
    const values = new Map<ColumnField, string>();
    for (const [place, field] of fields.entries()) {
      const value = textOf(cells[place] ?? '', field);
      if (field && value !== '') values.set(field, value);
    }
    const more = cells.slice(columns.length).some((cell) => cell.trim() !== '');
    return { row: index + 1, ...entryOf(values, group, check, more) };
  });
  return { entries, unknownColumns };
}

/** Removes invisible characters from names and codes. An address with such characters is refused, not corrected. */
const textOf = (cell: string, field: ColumnField | undefined): string =>
  field === 'email' || field === 'paypal_email' || field === 'referring_affiliate'
    ? cell.trim()
    : cleanText(cell).replace(/\s+/g, ' ').trim();

function entryOf(
  values: ReadonlyMap<ColumnField, string>,
  group: string | undefined,
  check: z.ZodObject,
  moreCells: boolean,
): Omit<Entry, 'row'> {
  const { name, unsubscribed, ...rest } = Object.fromEntries(values) as Partial<Record<ColumnField, string>>;
  const optOut = flagOf(unsubscribed);
  const fields = withoutNothing({
    ...namesOf(name, rest),
    ...rest,
    email: rest.email ?? '',
    affiliate_type: rest.affiliate_type ?? group,
    ...(optOut !== undefined && { unsubscribed: optOut }),
  }) as unknown as Fields;
  const flaw = moreCells
    ? 'has more cells than the header: most likely a separator inside a text'
    : optOut === undefined && unsubscribed !== undefined
      ? `unsubscribed: ${quote(unsubscribed)} is neither yes nor no`
      : flawOf(fields, check);
  return { fields, ...(flaw !== undefined && { flaw }) };
}

/**
 * Splits a full name: the last word is the family name. If one of the two has a column of its own, `name` holds the
 * other one, as in German lists ("Name; Vorname"), or both.
 */
function namesOf(name: string | undefined, { first_name, last_name }: Partial<Fields>): JsonObject {
  if (name === undefined) return {};
  if (first_name !== undefined) {
    return { last_name: name.startsWith(`${first_name} `) ? name.slice(first_name.length + 1) : name };
  }
  if (last_name !== undefined) {
    return { first_name: name.endsWith(` ${last_name}`) ? name.slice(0, -last_name.length - 1) : name };
  }
  const [, first, last] = /^(.*\S)\s+(\S+)$/.exec(name) ?? [];
  return { first_name: first ?? name, last_name: last };
}

/** A lost letter (U+FFFD), or UTF-8 that was read in an encoding with one byte per letter. */
const GARBLED = /\ufffd|[ÂÃ][\u0080-\u00bf\u0152-\u0192\u02c6-\u02dc\u2013-\u2122]/;

function garbledIn(fields: object): string | undefined {
  const [field, value] = Object.entries(fields).find(([, one]) => typeof one === 'string' && GARBLED.test(one)) ?? [];
  return field === undefined
    ? undefined
    : `${field}: ${quote(value, 40)} has letters that were read in the wrong encoding: give the list as UTF-8`;
}

const withoutNothing = (fields: JsonObject) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Reads a yes or no; undefined if it is neither. */
function flagOf(text: string | undefined): boolean | undefined {
  const word = text?.toLowerCase();
  if (word === undefined) return undefined;
  if (['true', 'yes', 'y', '1', 'x', 'ja', 'wahr', 'oui', 'si', 'sí'].includes(word)) return true;
  return ['false', 'no', 'n', '0', 'nein', 'falsch', 'non'].includes(word) ? false : undefined;
}

/** The checks of `create_affiliate`, and whether each address is one that may be paid without a look at it. */
function flawOf(fields: Fields, check: z.ZodObject): string | undefined {
  if (fields.email === '') {
    const name = [fields.first_name, fields.last_name].filter((one) => one !== undefined).join(' ');
    return name === '' ? 'has no e-mail' : `${quote(name, 80)} has no e-mail`;
  }
  const garbled = garbledIn(fields);
  if (garbled !== undefined) return garbled;
  // The list may name a recruiter by code (`plan.ts`); the address that is sent in its place is known only later.
  const { referring_affiliate: _, ...sent } = fields;
  const issue = check.safeParse(sent).error?.issues[0];
  if (issue) return `${String(issue.path[0] ?? '')}: ${issue.message}`;
  for (const field of ['email', 'paypal_email'] as const) {
    const address = fields[field];
    const why = address === undefined ? undefined : flawOfAddress(address);
    if (why !== undefined) return `${field}: ${why}. If it is correct, use create_affiliate`;
  }
  return undefined;
}
