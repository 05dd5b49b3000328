import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isObject, parseJson } from '../json.ts';
import { PAYMENT_KINDS, type Payment, type PaymentMemory } from '../ports/payment-memory.ts';
import { Unavailable } from '../ports/unavailable.ts';
import { type AuditLogOptions, errorCodeOf } from './audit-log.ts';
import { createAppend } from './lines.ts';
import { readTail } from './read-month.ts';

/** Does not match the month files of the log, so that neither counts towards the other's limits. */
const FILE_NAME = /^payments\.[\w-]{1,200}\.jsonl$/;
/** More than a lifetime of payouts needs. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * What was paid, beside the audit log: an append-only JSON Lines file for each process. Its lines outlive the process,
 * however it ends. `openAuditLog` has already checked the folder.
 */
export function openPaymentRecord(folder: string, options: AuditLogOptions): PaymentMemory {
  const { processName, onError = () => undefined } = options;
  const place = resolve(folder);
  const own = join(place, `payments.${processName.replace(/[^\w-]/g, '-').slice(0, 200)}.jsonl`);
  const append = createAppend();
  return {
    lasts: true,
    async add(account, ids, { how, at, amount }) {
      if (ids.length === 0) return;
      try {
        append(own, JSON.stringify({ account, commission_ids: ids, how, at, ...(amount !== undefined && { amount }) }));
      } catch (error) {
        const unavailable = new Unavailable('change_log', `the audit log cannot be written (${errorCodeOf(error)})`);
        onError(unavailable);
        throw unavailable;
      }
    },
    async find(account, ids) {
      const wanted = new Set(ids);
      const found = new Map<string, Payment>();
      for (const text of await textsIn(place)) {
        for (const line of text.split('\n')) {
          for (const [id, payment] of paymentsIn(line, account)) {
            const known = found.get(id);
            if (wanted.has(id) && (!known || known.at <= payment.at)) found.set(id, payment);
          }
        }
      }
      return found;
    },
  };
}

/** @throws Unavailable if a file cannot be read: a payment missing here could be made twice */
async function textsIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => FILE_NAME.test(name));
    return await Promise.all(names.map(async (name) => (await readTail(join(folder, name), MAX_BYTES)).text));
  } catch (error) {
    throw new Unavailable('change_log', `the audit log cannot be read (${errorCodeOf(error)})`);
  }
}

/** The payments of an account in a line; none if the line is not ours, or is incomplete because its process ended. */
function paymentsIn(line: string, account: string): [string, Payment][] {
  // A cheap check first: most lines of other accounts need no parsing.
  if (!line.includes(account)) return [];
  const value = parseJson(line)?.value;
  if (!isObject(value) || value.account !== account || !Array.isArray(value.commission_ids)) return [];
  const { how, at, amount } = value;
  const kind = PAYMENT_KINDS.find((one) => one === how);
  if (!kind || typeof at !== 'string' || Number.isNaN(Date.parse(at))) return [];
  const payment: Payment = { how: kind, at, ...(typeof amount === 'string' && { amount }) };
  return value.commission_ids.map((id) => [String(id), payment]);
}
