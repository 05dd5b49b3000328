import { isObject, type JsonObject } from '../../json.ts';
import { groups } from '../../operations/index.ts';
import type { Operation } from '../../operations/operation.ts';
import { concise } from '../../operations/returns.ts';
import type { RecordShape } from '../../operations/shapes.ts';
import type { Change } from '../../ports/change-log.ts';
import { numberOf } from '../../records/values.ts';

const operations: ReadonlyMap<string, Operation> = new Map(
  groups.flatMap((group) => group.operations.map((operation) => [operation.name, operation] as const)),
);

/** Fields that change by themselves, so they say nothing about a write. */
const VOLATILE: ReadonlySet<string> = new Set(['updated_at', 'total_leads', 'total_visitors', 'total_purchases']);

/** What a write was addressed to, by names of the operations' arguments. */
const ADDRESS = ['affiliate_id', 'purchase_id', 'lead_id', 'affiliate_email', 'name'] as const;

/** What tells a person which record it is, from the record or else from the arguments. */
const IDENTITY = ['email', 'first_name', 'last_name', 'affiliate_code', 'purchase_code'] as const;

/**
 * One change for a person: who, when, which tool, which record, and the outcome. Of the record before and after, it
 * shows the fields that differ; `full` shows both as recorded, and the arguments.
 */
export function describeChange(change: Change, detail: 'concise' | 'full'): JsonObject {
  const { id, at, caller, tool, operation, confirmed, outcome, reason, before, after } = change;
  const facts = {
    id,
    at,
    caller,
    tool,
    ...(operation !== tool && { operation }),
    record: describeRecord(change),
    confirmed,
    outcome,
    ...(reason !== undefined && { reason }),
  };
  if (detail === 'full') return { ...facts, arguments: change.arguments, before, after };
  const difference = differenceOf(change);
  // If the records do not show a difference, the arguments are all that is known.
  return { ...facts, ...(difference ?? { arguments: change.arguments }) };
}

/** Which record a change is about, as far as its arguments and records say. */
function describeRecord({ arguments: args, operation: name, before, after }: Change): JsonObject {
  const operation = operations.get(name);
  const shape = operation?.returns.record;
  const creates = operation?.effect === 'create';
  const [old, fresh] = shape ? [creates ? [] : rowsIn(before, shape), rowsIn(after, shape)] : [[], []];
  const own = old[0] ?? fresh[0] ?? {};
  const single = shape && old.length < 2 && fresh.length < 2;
  const asked = ADDRESS.map((field) => [field, args[field]] as const);
  const id = single && args[`${shape.singular}_id`] === undefined ? [[`${shape.singular}_id`, own.id] as const] : [];
  const identity = IDENTITY.map((field) => [field, isPlain(own[field]) ? own[field] : args[field]] as const);
  const affiliate =
    shape?.singular === 'affiliate' ? undefined : affiliateIn(before, creates ? (fresh[0] ?? {}) : undefined);
  const whose = args.affiliate_email === undefined ? [['affiliate_email', affiliate?.email] as const] : [];
  return Object.fromEntries([...asked, ...id, ...identity, ...whose].filter(([, value]) => isPlain(value)));
}

const isPlain = (value: unknown) => (typeof value === 'string' && value !== '') || typeof value === 'number';

/**
 * Whose record it is. A created record says so itself: the question before it names the affiliate that was asked for,
 * but LeadDyno may have credited another or nobody.
 */
function affiliateIn(before: JsonObject | null, created: JsonObject | undefined): JsonObject | undefined {
  if (created && 'affiliate' in created) return isObject(created.affiliate) ? created.affiliate : undefined;
  if (created) return before && 'affiliate_code' in before ? before : undefined;
  return isObject(before?.affiliate) ? before.affiliate : undefined;
}

/** Before and after, only the fields that differ; undefined if the records do not show them. */
function differenceOf({ operation, before, after, outcome }: Change): JsonObject | undefined {
  const shape = operations.get(operation)?.returns.record;
  if (!shape || !after || outcome !== 'done') return undefined;
  const lists = [rowsIn(before, shape), rowsIn(after, shape)] as const;
  const changed = lists[1].flatMap((row) => {
    const old = lists[0].find(({ id }) => id !== undefined && String(id) === String(row.id));
    const difference = old && differing(old, row);
    return difference ? [{ id: row.id, ...difference }] : [];
  });
  // A list stays a list, each row with its id.
  if (Array.isArray(after[shape.plural])) return changed.length > 0 ? { [shape.plural]: changed } : undefined;
  const [row] = lists[1];
  if (!row) return undefined;
  const old = lists[0].find(({ id }) => String(id) === String(row.id));
  if (!old) return { before: null, after: concise(row, shape.concise) };
  return differing(old, row) ?? { before: {}, after: {}, note: 'LeadDyno sent the record back unchanged' };
}

/** The records of the operation's own kind: the question may have been built from another kind. */
function rowsIn(recorded: JsonObject | null, { singular, plural }: RecordShape): JsonObject[] {
  if (!recorded) return [];
  const rows = recorded[plural];
  if (Array.isArray(rows)) return rows.filter(isObject);
  const inner = recorded[singular];
  if (isObject(inner) && !('id' in recorded)) return [inner];
  return 'id' in recorded ? [recorded] : [];
}

type Difference = { readonly before: JsonObject; readonly after: JsonObject };

/** The fields that both have and that differ. A field that only one of them has is not counted as changed. */
function differing(before: JsonObject, after: JsonObject, depth = 0): Difference | undefined {
  const fields = Object.entries(after).flatMap(([name, now]) => {
    const was = before[name];
    if (VOLATILE.has(name) || !Object.hasOwn(before, name) || JSON.stringify(was) === JSON.stringify(now)) return [];
    if (!isObject(was) || !isObject(now) || depth >= 3) return [{ name, was, now }];
    const inside = differing(was, now, depth + 1);
    return inside ? [{ name, was: inside.before, now: inside.after }] : [];
  });
  if (fields.length === 0) return undefined;
  return {
    before: Object.fromEntries(fields.map(({ name, was }) => [name, was])),
    after: Object.fromEntries(fields.map(({ name, now }) => [name, now])),
  };
}

/** Whether a change concerns an affiliate: it is addressed to them, or a record in it names them. */
export function concernsAffiliate({ arguments: args, operation, before, after }: Change, id: number): boolean {
  // Before a creation there is only what its question was built from; the answer is more reliable.
  const created = after !== null && operations.get(operation)?.effect === 'create';
  return [args, created ? null : before, after].some((value) => mentions(value, id, 0));
}

function mentions(value: unknown, id: number, depth: number): boolean {
  if (depth > 4) return false;
  if (Array.isArray(value)) return value.some((item) => mentions(item, id, depth + 1));
  if (!isObject(value)) return false;
  if (numberOf(value.affiliate_id) === id) return true;
  if (isObject(value.affiliate) && numberOf(value.affiliate.id) === id) return true;
  return Object.values(value).some((item) => mentions(item, id, depth + 1));
}
