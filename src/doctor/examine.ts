import { isObject, type JsonObject } from '../json.ts';
import { groups } from '../operations/index.ts';
import { findRows } from '../operations/paging.ts';
import { type Ask, checkList, LISTS, type ListSeen } from './check-lists.ts';
import { checkLookups, checkRelated, checkWords, samplesOf } from './check-records.ts';
import type { RecordName } from './documented.ts';
import { type Finding, failureOf } from './finding.ts';
import type { Probe } from './probe.ts';
import { compareFields, type FieldReport, formOf } from './shape-of.ts';

/** What an account showed of the API; names, numbers and types, never anybody's data. */
export interface Examination {
  readonly operations: readonly OperationSeen[];
  readonly findings: readonly Finding[];
  readonly fields: readonly FieldReport[];
  /** Largest page per list, where it could be told. */
  readonly pageSizes: Readonly<Record<string, number>>;
  readonly timing: { readonly calls: number; readonly medianMs: number; readonly slowestMs: number };
  /** How far this machine's clock is ahead of LeadDyno's, in seconds; undefined where LeadDyno sends no date. */
  readonly clockAheadSeconds: number | undefined;
  /** Headers that speak of limits, with the number each held last. */
  readonly limitHeaders: readonly string[];
}

export interface OperationSeen {
  readonly operation: string;
  readonly ok: boolean;
  readonly status: number | undefined;
  readonly ms: number;
  readonly answer: string;
}

const operations = groups.flatMap((group) => group.operations);
const RECORDS: readonly (readonly [RecordName, string])[] = [
  ['affiliate', 'affiliates'],
  ['commission', 'commissions'],
  ['purchase', 'purchases'],
  ['lead', 'leads'],
  ['visitor', 'visitors'],
  ['campaign', 'campaigns'],
];

/** Names of headers that speak of limits. */
const LIMIT_HEADER = /^(x-)?(rate-?limit(-[a-z]{1,20}){0,2}|retry-after)$/i;

/** Asks every reading operation, in fifty to seventy calls, and compares the answers with the API reference. */
export async function examine(probe: Probe, now: () => number, tell: (what: string) => void): Promise<Examination> {
  const limits = new Map<string, string>();
  let clockAheadSeconds: number | undefined;
  const ask: Ask = async (name, args) => {
    const operation = operations.find((one) => one.name === name);
    if (!operation) throw new Error(`there is no operation ${name}`);
    tell(name);
    const asked = await probe.ask(operation, args);
    const { headers } = probe.observed;
    for (const [name, value] of Object.entries(headers)) {
      if (LIMIT_HEADER.test(name)) limits.set(name, /^\d{1,9}$/.test(String(value)) ? `${name}: ${value}` : name);
    }
    const date = typeof headers.date === 'string' ? Date.parse(headers.date) : Number.NaN;
    if (!Number.isNaN(date)) clockAheadSeconds = Math.round((now() - asked.ms / 2 - date) / 1000);
    return asked;
  };

  const findings: Finding[] = [];
  const lists: ListSeen[] = [];
  for (const list of LISTS) lists.push(await checkList(list, ask, findings));
  const listed = await ask('list_campaigns');
  const campaigns = listed.ok ? (findRows(listed.body, 'campaigns')?.rows ?? []).filter(isObject) : [];
  const samples = samplesOf(lists, campaigns);
  await checkLookups(samples, ask, findings);
  await checkRelated(samples, ask, findings);
  checkWords(samples, findings);

  const rowsOf: Readonly<Record<string, readonly JsonObject[]>> = { ...samples };
  const times = probe.asked.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    operations: firstOfEach(probe),
    findings,
    fields: RECORDS.map(([record, plural]) => compareFields(record, rowsOf[plural] ?? [])),
    pageSizes: Object.fromEntries(lists.flatMap(({ plural, largest }) => (largest ? [[plural, largest]] : []))),
    timing: {
      calls: times.length,
      medianMs: times[Math.floor(times.length / 2)] ?? 0,
      slowestMs: times.at(-1) ?? 0,
    },
    clockAheadSeconds,
    limitHeaders: [...limits.values()].sort(),
  };
}

/** Each reading operation once: by its first call that was answered, or by its failure. */
function firstOfEach({ asked }: Probe): OperationSeen[] {
  return operations
    .filter(({ method }) => method === 'GET')
    .map(({ name }) => {
      const calls = asked.filter(({ operation }) => operation === name);
      const call = calls.find(({ ok }) => ok) ?? calls[0];
      if (!call)
        return { operation: name, ok: false, status: undefined, ms: 0, answer: 'not asked: no record to ask for' };
      return {
        operation: name,
        ok: call.ok,
        status: call.status,
        ms: call.ms,
        answer: call.ok ? formOf(call.body) : failureOf(call),
      };
    });
}
