/** Any JSON object. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of an object if it is an object, otherwise an empty one. */
export function recordIn(value: unknown, name: string): JsonObject {
  const record = isObject(value) ? value[name] : undefined;
  return isObject(record) ? record : {};
}

/** The objects in a field that is a list; empty if it is not a list. */
export function rowsIn(value: unknown, name: string): JsonObject[] {
  const rows = isObject(value) ? value[name] : undefined;
  return Array.isArray(rows) ? rows.filter(isObject) : [];
}

/** Whether a field of an object is a list, even an empty one. */
export function hasRows(value: unknown, name: string): boolean {
  return isObject(value) && Array.isArray(value[name]);
}

/** The value of a JSON text; undefined if it is not JSON. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
