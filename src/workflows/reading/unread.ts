import { LeadDynoError } from '../../leaddyno/errors.ts';
import type { Parsed } from '../../records/parse.ts';
import { quote } from '../../text.ts';

/** What the figures of one call leave out because it could not be read. The answer says so once, for all of them. */
export interface Unread {
  /**
   * The records in which these fields can be read, for figures that need them; the others are noted.
   * @param name of the list, in the plural
   */
  readable<Record extends Parsed>(name: string, records: readonly Record[], ...fields: string[]): Record[];
  /**
   * Notes records that are left out because a field of theirs could not be read.
   * @param of how many records were looked at
   */
  leaveOut(name: string, records: readonly Parsed[], of: number, field: string): void;
  /**
   * One sentence per list:
   * `3 of 927 commissions could not be read: amount (2), paid (1); ids 71, 72, 73. Not in these figures.`
   */
  told(): string[];
  /** @throws LeadDynoError if so much is left out of a list that its figures would mislead */
  check(): void;
}

/** If more than this share of a list cannot be read, LeadDyno most likely writes it in a form that is not known. */
const MOST = 0.1;
/** So few unreadable records say nothing about a list. */
const FEW = 3;
const NAMED = 10;

interface Left {
  /** The fields that could not be read, by record. A record may be read more than once in a call. */
  readonly records: Map<string, { readonly id: string; readonly fields: Set<string> }>;
  /** How many records were looked at: the most of any one look. */
  of: number;
}

export function createUnread(): Unread {
  const lists = new Map<string, Left>();

  function note(name: string, of: number, found: readonly (readonly [record: Parsed, field: string])[]): void {
    const list = lists.get(name) ?? { records: new Map(), of: 0 };
    lists.set(name, list);
    list.of = Math.max(list.of, of);
    for (const [{ id, raw }, field] of found) {
      const key = id || JSON.stringify(raw);
      const known = list.records.get(key) ?? { id, fields: new Set() };
      list.records.set(key, known);
      known.fields.add(field);
    }
  }

  return {
    readable(name, records, ...fields) {
      const missing = (record: Parsed) => fields.filter((field) => record.unread.includes(field));
      const found = records.flatMap((record) => missing(record).map((field) => [record, field] as const));
      note(name, records.length, found);
      if (found.length === 0) return [...records];
      const left = new Set(found.map(([record]) => record));
      return records.filter((record) => !left.has(record));
    },
    leaveOut(name, records, of, field) {
      note(
        name,
        of,
        records.map((record) => [record, field]),
      );
    },
    told: () => [...lists].flatMap(([name, list]) => (list.records.size === 0 ? [] : [sentence(name, list)])),
    check() {
      for (const [name, list] of lists) {
        if (list.records.size <= Math.max(FEW, list.of * MOST)) continue;
        const what = `More than a tenth of them cannot be understood, so no figures are made from them: ${sentence(name, list)}`;
        throw new LeadDynoError('unexpected', what, { fate: 'refused' });
      }
    },
  };
}

function sentence(name: string, { records, of }: Left): string {
  const counts = new Map<string, number>();
  for (const { fields } of records.values())
    for (const field of fields) counts.set(field, (counts.get(field) ?? 0) + 1);
  const fields = [...counts].map(([field, count]) => `${field} (${count})`).join(', ');
  const ids = [...records.values()].map(({ id }) => id).filter(Boolean);
  const shown = ids.slice(0, NAMED).map((id) => (/^\d{1,20}$/.test(id) ? id : quote(id, 20)));
  const more = ids.length > shown.length ? ` and ${ids.length - shown.length} more` : '';
  const named = shown.length === 0 ? '' : `; ids ${shown.join(', ')}${more}`;
  return `${records.size} of ${of} ${name} could not be read: ${fields}${named}. Not in these figures.`;
}
