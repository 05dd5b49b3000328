import type { JsonObject } from '../../src/json.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { Caller, Result } from './clients.ts';
import { askedIn, at } from './protocol-json.ts';

/** A payment with one question, and the outcomes of the calls that confirmed it. */
export interface Payment {
  readonly note: string;
  /** Calls that reported success. */
  done: number;
  /** Calls without an answer, which may have succeeded. */
  lost: number;
}

export interface Tally {
  calls: number;
  /** Start times of the calls that ended without an answer, in milliseconds of `performance.now()`. */
  readonly lost: number[];
  /** The errors of those calls. */
  readonly losses: string[];
  readonly payments: Payment[];
  /** Unexpected answers. */
  readonly surprises: string[];
  seconds: number;
}

/** `done`, or the reason in the error of a result. */
export const outcomeOf = (result: Result): unknown => (result.isError ? at(result.data, 'error', 'reason') : 'done');

/**
 * Makes about `count` calls, in as many parallel loops as there are callers: reads, plain writes, and payments. A
 * payment is asked about, confirmed once or four times at once, then confirmed again. Callers take turns call by call.
 */
export async function callMixed(callers: readonly Caller[], count: number, name: string): Promise<Tally> {
  const tally: Tally = { calls: 0, lost: [], losses: [], payments: [], surprises: [], seconds: 0 };
  let pieces = 0;

  /** Makes one call; undefined if its answer was lost. */
  async function call(tool: string, args: JsonObject): Promise<Result | undefined> {
    tally.calls += 1;
    const caller = callers[tally.calls % callers.length];
    const began = performance.now();
    try {
      return await caller?.call(tool, args);
    } catch (error) {
      tally.lost.push(began);
      const { message, cause } = error as Error;
      tally.losses.push(`${tool} after ${Math.round(performance.now() - began)} ms: ${message} (${cause})`);
      return undefined;
    }
  }

  async function expectDone(tool: string, args: JsonObject): Promise<void> {
    const result = await call(tool, args);
    if (result?.isError) tally.surprises.push(`${tool}: ${result.text.slice(0, 200)}`);
  }

  async function confirm(payment: Payment, args: JsonObject): Promise<void> {
    const result = await call('create_commission', args);
    const outcome = result && outcomeOf(result);
    if (outcome === 'done') payment.done += 1;
    else if (outcome === undefined) payment.lost += 1;
    else if (outcome !== 'already_used') tally.surprises.push(`confirmation: ${result?.text.slice(0, 200)}`);
  }

  async function pay(piece: number, atOnce: number): Promise<void> {
    const payment: Payment = { note: `${name} ${piece}`, done: 0, lost: 0 };
    const args = { affiliate_id: 1001, amount: 1.25, note: payment.note };
    const question = await call('create_commission', args);
    if (!question) return;
    tally.payments.push(payment);
    const confirmed = { ...args, confirmation_token: askedIn(question).token };
    await Promise.all(Array.from({ length: atOnce }, () => confirm(payment, confirmed)));
    await confirm(payment, confirmed);
  }

  async function work(piece: number): Promise<void> {
    switch (piece % 8) {
      case 0:
        return await pay(piece, 1);
      case 1:
        return await pay(piece, 4);
      case 2:
        return await expectDone('create_lead', { email: `${name}-${piece}@example.com` });
      case 3:
        return await expectDone('list_affiliates', { page: 1 + (piece % 3), per_page: 10 });
      case 4:
        return await expectDone('find_affiliate_by_email', { email: 'ann.arbor@example.com' });
      default:
        return await expectDone('get_affiliate', { affiliate_id: 1001 + (piece % 40) });
    }
  }

  async function workOnAndOn(): Promise<void> {
    while (tally.calls < count) {
      pieces += 1;
      await work(pieces);
    }
  }

  const began = performance.now();
  await Promise.all(callers.map(workOnAndOn));
  tally.seconds = (performance.now() - began) / 1000;
  return tally;
}

/**
 * Asks for a payment. `confirm` confirms it and returns the outcome; with `confirmByAll` all callers do so at once,
 * which reaches every replica.
 */
export async function askForPayment(callers: readonly Caller[], note: string) {
  const args = { affiliate_id: 1001, amount: 2.5, note };
  const question = await callers[0]?.call('create_commission', args);
  if (!question) throw new Error('nobody to ask');
  const confirmed = { ...args, confirmation_token: askedIn(question).token };
  const confirm = async (caller = callers[0]) => {
    const result = await caller?.call('create_commission', confirmed);
    return result && outcomeOf(result);
  };
  return { confirm: () => confirm(), confirmByAll: () => Promise.all(callers.map(confirm)) };
}

/** How often each payment reached LeadDyno, by its note. */
export function paidAt(sandbox: Sandbox): Map<string, number> {
  const paid = new Map<string, number>();
  for (const { method, path, body } of sandbox.requests) {
    if (method !== 'POST' || !path.endsWith('/commissions')) continue;
    const note = String(at(body, 'note'));
    paid.set(note, (paid.get(note) ?? 0) + 1);
  }
  return paid;
}
