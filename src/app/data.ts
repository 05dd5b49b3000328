/** A result in which any field may be missing: the page then shows nothing there, never an error. */
export type Data = Readonly<Record<string, unknown>>;

export const isData = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const at = (data: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isData(value) ? value[key] : undefined), data);

export const dataAt = (data: unknown, ...path: readonly string[]): Data => {
  const value = at(data, ...path);
  return isData(value) ? value : {};
};

export const rowsAt = (data: unknown, ...path: readonly string[]): readonly Data[] => {
  const value = at(data, ...path);
  return Array.isArray(value) ? value.filter(isData) : [];
};

export const textAt = (data: unknown, ...path: readonly string[]): string => {
  const value = at(data, ...path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

export const textsAt = (data: unknown, ...path: readonly string[]): readonly string[] => {
  const value = at(data, ...path);
  return Array.isArray(value)
    ? value.filter((one) => typeof one === 'string' || typeof one === 'number').map(String)
    : [];
};

/** A number, or text that is a number. */
export const numberAt = (data: unknown, ...path: readonly string[]): number | undefined => {
  const value = at(data, ...path);
  if (value === null || value === undefined || value === '' || typeof value === 'boolean') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
};

/** The row of a currency among sums; empty if there is none. */
export const inCurrency = (rows: readonly Data[], currency: string): Data =>
  rows.find((row) => row.currency === currency) ?? {};

/** A person by name, else by e-mail, else by id. */
export function personOf(row: Data): string {
  const name = [row.first_name, row.last_name]
    .filter((part) => typeof part === 'string' && part.trim() !== '')
    .join(' ');
  return (
    name ||
    textAt(row, 'name') ||
    textAt(row, 'email') ||
    (row.affiliate_id === undefined ? '–' : `Affiliate ${textAt(row, 'affiliate_id')}`)
  );
}
