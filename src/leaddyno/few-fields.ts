import { isObject, type JsonObject } from '../json.ts';

/** More fields than any record has. */
const MAX_FIELDS = 1_000;

/** Limits the fields of each object in a value, which also bounds the later work of copying and cleaning it. */
export function withFewFields(value: unknown): unknown {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      if (typeof item === 'object' && item !== null) value[index] = withFewFields(item);
    });
    return value;
  }
  if (!isObject(value)) return value;
  const names = Object.keys(value);
  if (names.length > MAX_FIELDS) return cut(value, names);
  for (const name of names) {
    const item = value[name];
    if (typeof item === 'object' && item !== null) setField(value, name, withFewFields(item));
  }
  return value;
}

/** A name may be `__proto__`, which is a field like any other here. */
function setField(record: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function cut(value: JsonObject, names: readonly string[]): JsonObject {
  const shown = names.slice(0, MAX_FIELDS).map((name) => [name, withFewFields(value[name])] as const);
  return Object.fromEntries([...shown, ['[cut]', `${names.length - MAX_FIELDS} more fields left off`]]);
}
