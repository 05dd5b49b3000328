import type { ClientOptions } from '../leaddyno/client.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { LeadDynoClient } from '../leaddyno/request.ts';
import { groups } from '../operations/index.ts';
import { bind } from '../operations/operation.ts';
import { FIELDS, type RecordName } from '../records/fields.ts';
import {
  type Answer,
  type Call,
  compareFields,
  type FieldReport,
  failureOf,
  formOf,
  type Inquiry,
  isForeign,
  isUnanswered,
  type Judgement,
  type Probe,
  recordsIn,
  type Seen,
} from './answers.ts';
import { LISTS, largestPage } from './list-probes.ts';
import { FIRST_CALLS, PROBES } from './probes.ts';

/** Everything the doctor found; `--json` prints it. Contains no key and no personal data. */
export interface Report {
  readonly checked_at: string;
  readonly version: string;
  readonly node: string;
  /** The address that was asked; `sandbox` for the simulation. */
  readonly base_url: string;
  readonly sandbox: boolean;
  readonly key: KeyReport;
  readonly rate_limit: number;
  readonly examination: Examination | null;
}

export interface KeyReport {
  readonly header: string;
  readonly query: string;
  /** How the server will send the key; null if no way works. */
  readonly transport: Transport | null;
  /** LeadDyno could not be asked: nothing is known about the key. */
  readonly unanswered: boolean;
  /** What answered does not look like LeadDyno's API: nothing is known about the key either. */
  readonly foreign: boolean;
}

type Transport = 'header' | 'query';

/** What an account showed about the API: names, numbers and types, never personal data. */
export interface Examination {
  readonly operations: readonly OperationSeen[];
  readonly findings: readonly Finding[];
  readonly fields: readonly FieldReport[];
  /** Largest page per list, if known. */
  readonly pageSizes: Readonly<Record<string, number>>;
  readonly timing: { readonly calls: number; readonly medianMs: number; readonly slowestMs: number };
  /** Seconds that this machine's clock is ahead of LeadDyno's; undefined if LeadDyno sends no date. */
  readonly clockAheadSeconds: number | undefined;
  /** Headers about limits, each with its last number. */
  readonly limitHeaders: readonly string[];
}

export interface OperationSeen {
  readonly operation: string;
  readonly ok: boolean;
  readonly status: number | undefined;
  readonly ms: number;
  readonly answer: string;
  /** Nothing is known about it: it was not called, or LeadDyno could not answer. */
  readonly untold: boolean;
}

/** One point of the API reference, and what this account shows about it. */
export type Finding = Pick<Probe, 'point' | 'question' | 'expected'> & Judgement;

/** Creates a client that sends the key in one way and reports each answer to `watch`. */
export type Connect = (transport: Transport, watch: Pick<ClientOptions, 'onEvent' | 'onHeaders'>) => LeadDynoClient;

export interface DoctorOptions {
  readonly connect: Connect;
  /** If the operator pinned how the key is sent, only that way is tried. */
  readonly pinned: 'auto' | Transport;
  readonly about: Pick<Report, 'version' | 'node' | 'base_url' | 'sandbox' | 'rate_limit'>;
  readonly now: () => number;
  /** Shows what is being asked to the person who waits. */
  readonly tell: (what: string) => void;
}

/** Examines one account, with read operations only. */
export async function diagnose({ connect, pinned, about, now, tell }: DoctorOptions): Promise<Report> {
  const readers = { header: createReader(connect, 'header', now), query: createReader(connect, 'query', now) };
  const trials: Answer[] = [];
  async function tryWay(transport: Transport): Promise<string> {
    // If LeadDyno cannot be reached, the other way would only wait again.
    if (trials.some(isUnanswered) || (pinned !== 'auto' && pinned !== transport)) return 'not tried';
    tell(`the key by ${transport}`);
    const answer = await readers[transport].ask('count_affiliates');
    trials.push(answer);
    if (!answer.ok) return failureOf(answer);
    return isForeign(answer) ? `answered ${answer.status} with nothing` : 'accepted';
  }

  try {
    const header = await tryWay('header');
    const query = await tryWay('query');
    const transport = header === 'accepted' ? 'header' : query === 'accepted' ? 'query' : null;
    const unanswered = trials.some(isUnanswered);
    const foreign = transport === null && !unanswered && trials.every(isForeign);
    const key: KeyReport = { header, query, transport, unanswered, foreign };
    const examination = transport === null ? null : await examine(readers[transport], tell);
    return { checked_at: new Date(now()).toISOString(), ...about, key, examination };
  } finally {
    await Promise.all(Object.values(readers).map(({ close }) => close()));
  }
}

const READS = groups.flatMap((group) => group.operations).filter(({ method }) => method === 'GET');

/** Makes each call once, one after another, and keeps the answers. */
interface Reader extends Seen {
  /** @throws Error if it is not a read operation */
  ask(...call: Call): Promise<Answer>;
  readonly answers: () => readonly Answer[];
  readonly close: () => Promise<void>;
}

function createReader(connect: Connect, transport: Transport, now: () => number): Reader {
  /** What the client reported about the last answer, besides the body. */
  let observed: { status?: number; ms?: number; headers?: Answer['headers'] } = {};
  const client = connect(transport, {
    onEvent: (event) => {
      if (event.kind === 'answer') observed = { ...observed, status: event.status, ms: event.ms };
    },
    onHeaders: (headers) => {
      observed = { ...observed, headers };
    },
  });
  const answers = new Map<string, Answer>();

  async function send([name, args = {}]: Call): Promise<Answer> {
    const operation = READS.find((one) => one.name === name);
    if (!operation) throw new Error(`${name} is no reading operation`);
    const began = performance.now();
    observed = {};
    let body: unknown;
    let error: LeadDynoError | undefined;
    try {
      body = await client.send(bind(operation, args));
    } catch (thrown) {
      if (!(thrown instanceof LeadDynoError)) throw thrown;
      error = thrown;
    }
    const { status = error?.status, ms = performance.now() - began, headers = {} } = observed;
    return { operation: name, ok: !error, status, ms: Math.round(ms), body, error, headers, at: now() };
  }

  const answer = (...call: Call) => answers.get(JSON.stringify(call));
  return {
    answer,
    rows(plural) {
      const listed = answer(`list_${plural}`);
      return listed?.ok ? recordsIn(listed.body, plural) : [];
    },
    async ask(...call) {
      const found = answer(...call) ?? (await send(call));
      answers.set(JSON.stringify(call), found);
      return found;
    },
    answers: () => [...answers.values()],
    close: () => client.close(),
  };
}

const RECORDS = Object.keys(FIELDS) as RecordName[];

/** Calls every read operation, in about fifty calls, and compares the answers with the API reference. */
async function examine(reader: Reader, tell: (what: string) => void): Promise<Examination> {
  const ask = async (call: Call) => {
    tell(call[0]);
    return await reader.ask(...call);
  };
  for (const call of FIRST_CALLS) await ask(call);
  const findings: Finding[] = [];
  for (const { look, ...point } of PROBES) {
    const looked = look(reader);
    if (looked) findings.push({ ...point, ...('calls' in looked ? await settle(looked, ask) : looked) });
  }
  const answers = reader.answers();
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    operations: READS.map(({ name }) => operationSeen(name, answers)),
    findings,
    fields: RECORDS.map((record) => compareFields(record, reader.rows(`${record}s`))),
    pageSizes: Object.fromEntries(
      LISTS.map((list) => [list.plural, largestPage(list, reader)]).filter(([, size]) => size),
    ),
    timing: {
      calls: times.length,
      medianMs: times[Math.floor(times.length / 2)] ?? 0,
      slowestMs: times.at(-1) ?? 0,
    },
    clockAheadSeconds: answers.map(clockAhead).findLast((ahead) => ahead !== undefined),
    limitHeaders: limitsIn(answers),
  };
}

/** Makes the calls of a probe and judges their answers. */
async function settle({ calls, judge, refused }: Inquiry, ask: (call: Call) => Promise<Answer>): Promise<Judgement> {
  const bodies: unknown[] = [];
  for (const call of calls) {
    const answer = await ask(call);
    if (!answer.ok) {
      const judgement = refused(failureOf(answer));
      return isUnanswered(answer) ? { found: judgement.found, verdict: 'open' } : judgement;
    }
    bodies.push(answer.body);
  }
  return judge(...bodies);
}

/** A read operation by its first successful call, or else by its first failure. */
function operationSeen(operation: string, answers: readonly Answer[]): OperationSeen {
  const own = answers.filter((one) => one.operation === operation);
  const told = own.find(({ ok }) => ok) ?? own[0];
  if (!told) {
    return { operation, ok: false, status: undefined, ms: 0, answer: 'not asked: no record to ask for', untold: true };
  }
  const { ok, status, ms, body } = told;
  return { operation, ok, status, ms, answer: ok ? formOf(body) : failureOf(told), untold: isUnanswered(told) };
}

function clockAhead({ headers: { date }, at, ms }: Answer): number | undefined {
  const theirs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(theirs) ? undefined : Math.round((at - ms / 2 - theirs) / 1000);
}

/** Names of headers about limits. */
const LIMIT_HEADER = /^(x-)?(rate-?limit(-[a-z]{1,20}){0,2}|retry-after)$/i;

function limitsIn(answers: readonly Answer[]): string[] {
  const headers = answers.flatMap((answer) => Object.entries(answer.headers));
  const limits = headers
    .filter(([name]) => LIMIT_HEADER.test(name))
    .map(([name, value]) => [name, /^\d{1,9}$/.test(String(value)) ? `${name}: ${value}` : name] as const);
  return [...new Map(limits).values()].sort();
}
