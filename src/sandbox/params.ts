import { ApiError } from './api-error.ts';
import { parseCents } from './money.ts';
import { parseMoment } from './timestamps.ts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const CURRENCY = /^[A-Z]{3}$/;
const TRUE: readonly unknown[] = [true, 1, 'true', '1'];
const FALSE: readonly unknown[] = [false, 0, 'false', '0'];

/**
 * The parameters of one request, wherever they came from, so everything may be a string. Reading collects
 * complaints per field; `check` refuses with all of them at once.
 */
export class Params {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #complaints = new Map<string, string[]>();

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  complain(name: string, message: string): void {
    const messages = this.#complaints.get(name);
    if (messages === undefined) this.#complaints.set(name, [message]);
    else messages.push(message);
  }

  check(): void {
    if (this.#complaints.size > 0) throw new ApiError(400, Object.fromEntries(this.#complaints));
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** undefined when not sent, null when sent as JSON null. */
  text(name: string): string | null | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    this.complain(name, 'is invalid');
    return undefined;
  }

  /** A text where an empty one counts as not given. */
  filledText(name: string): string | null {
    return this.text(name) || null;
  }

  /** A look-up cannot go on without its parameter, so this one refuses at once. */
  requiredText(name: string): string {
    const value = this.text(name)?.trim() ?? '';
    if (value === '') this.complain(name, "can't be blank");
    this.check();
    return value;
  }

  /** A valid e-mail address, or '' after a complaint; undefined when not sent. */
  email(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const email = value?.trim() ?? '';
    if (email === '') this.complain(name, "can't be blank");
    else if (!EMAIL.test(email)) this.complain(name, 'is invalid');
    return email;
  }

  requiredEmail(name: string): string {
    const email = this.email(name);
    if (email === undefined) this.complain(name, "can't be blank");
    this.check();
    return email ?? '';
  }

  /** Cents; undefined when not sent or sent empty. */
  amount(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null || value === '') return undefined;
    const cents = parseCents(value);
    if (cents === null) this.complain(name, 'is not a number');
    return cents ?? undefined;
  }

  currency(name: string): string | undefined {
    const value = this.filledText(name);
    if (value === null) return undefined;
    const code = value.trim().toUpperCase();
    if (!CURRENCY.test(code)) this.complain(name, 'is invalid');
    return code;
  }

  /** Refusing odd booleans is stricter than a Rails application would be. */
  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null || value === '') return undefined;
    if (TRUE.includes(value)) return true;
    if (FALSE.includes(value)) return false;
    this.complain(name, 'is not a boolean');
    return undefined;
  }

  id(name: string): number | undefined {
    const value = this.filledText(name);
    if (value === null) return undefined;
    if (/^\d{1,15}$/.test(value)) return Number(value);
    this.complain(name, 'is not a number');
    return undefined;
  }

  moment(name: string, edge: 'start' | 'end' = 'start'): number | undefined {
    const value = this.filledText(name);
    if (value === null) return undefined;
    const moment = parseMoment(value.trim(), edge);
    if (moment === null) this.complain(name, 'is not a valid date');
    return moment ?? undefined;
  }
}
