/** Reading of results whose every field may be missing: what is not there is drawn as nothing, never as a fault. */
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

// Figures, in the reader's own way of writing them. Decimal text stays exact: it never is a float.

const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value: unknown): string => (typeof value === 'number' ? plain.format(value) : '–');
export const short = (value: number): string => compact.format(value);

/** `1234.50`, `USD` as money; as they came if the currency is not known. */
export function money(amount: unknown, currency: unknown): string {
  if (typeof amount !== 'string' && typeof amount !== 'number') return '–';
  const text = String(amount);
  try {
    const format = new Intl.NumberFormat(undefined, { style: 'currency', currency: String(currency) });
    return format.format(text as `${number}`);
  } catch {
    return `${text} ${typeof currency === 'string' ? currency : ''}`.trim();
  }
}

/** A number to draw with: heights may be rounded, what is written may not. */
export const drawn = (amount: unknown): number => {
  const value = Number(amount);
  return Number.isFinite(value) ? value : 0;
};

/** `2026-11` as "Nov 26". */
export function month(text: string): string {
  const [year = '', number = ''] = text.split('-');
  const date = new Date(Date.UTC(Number(year), Number(number) - 1, 1));
  return Number.isNaN(date.getTime())
    ? text
    : new Intl.DateTimeFormat(undefined, { month: 'short', year: '2-digit', timeZone: 'UTC' }).format(date);
}

/** A share of a whole as "12.3%"; a dash if there is no whole. */
export function share(part: unknown, whole: unknown): string {
  if (typeof part !== 'number' || typeof whole !== 'number' || whole <= 0) return '–';
  return new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 }).format(part / whole);
}

const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

/** Two moments as days: "1 – 22 Nov 2026". */
export function period(since: unknown, until: unknown): string {
  const [from, to] = [since, until].map((time) => new Date(String(time)));
  if (!from || !to || Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return '';
  return days.formatRange(from, new Date(Math.max(from.getTime(), to.getTime() - 1)));
}
