import type { Client } from '@modelcontextprotocol/client';
import { isObject, type JsonObject } from '../../src/json.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import type { Random } from '../../src/sandbox/random.ts';
import { type FaultName, type FaultPlan, faultNames } from './fault-proxy.ts';
import { readCalls } from './good-calls.ts';
import { readingTools } from './tool-names.ts';
import { workflowCalls } from './workflow-calls.ts';

/** One request in fifty has a fault. */
const FAULT_SHARE = 0.02;

/** These delay all requests for a second or more. As often as the other faults, they would take most of a run. */
const HOLDING: readonly FaultName[] = ['429, Retry-After in seconds', '429, Retry-After as a date'];
const drawn = faultNames.filter((name) => name !== 'unreachable' && !HOLDING.includes(name));

/**
 * Random faults, equally likely on every request. Only requests for campaigns, which no workflow makes, may stay
 * unanswered: a missing answer holds up a workflow for its whole time, and all calls that wait for the same page.
 */
export function faultsByChance(random: Random): FaultPlan {
  return ({ path }) => {
    if (random.next() >= FAULT_SHARE) return undefined;
    const fault =
      (random.below(200) === 0 ? HOLDING[random.below(2)] : undefined) ?? drawn[random.below(drawn.length)] ?? '500';
    const endless = fault === 'no answer in time' && !path.startsWith('/campaigns');
    return { fault: endless ? '503' : fault, carriedOut: random.below(2) === 0 };
  };
}

/** What a piece of work needs. */
interface Means {
  readonly client: Client;
  readonly programme: Programme;
  readonly random: Random;
  readonly tally: Tally;
}

/** The outcomes of all calls. */
export interface Tally {
  /** Milliseconds of each call. */
  readonly times: number[];
  readonly outcomes: Map<string, number>;
  /** What must not happen: protocol errors and bugs of the server. */
  readonly wrong: string[];
}

export const newTally = (): Tally => ({ times: [], outcomes: new Map(), wrong: [] });

/** These make files, which the server keeps for half an hour, so they are called rarely. */
const FILING = ['payout_report', 'export_records'];
const reading = readingTools.filter((name) => !FILING.includes(name));
const workflows = reading.filter((name) => name in workflowCalls);
const operations = reading.filter((name) => !(name in workflowCalls));

type Piece = (means: Means) => Promise<number>;

const pick = (random: Random, names: readonly string[]) => names[random.below(names.length)] ?? '';
const anAffiliate = (random: Random) => 1003 + random.below(30);

const read =
  (names: readonly string[]): Piece =>
  async (means) => {
    const name = pick(means.random, names);
    const args = readCalls[name]?.(means.programme) ?? {};
    // Many small answers find more leaks per minute than a few large ones.
    const smaller = { ...('per_page' in args && { per_page: 10 }), ...('detail' in args && { detail: 'concise' }) };
    await tool(means, name, { ...args, ...smaller });
    return 1;
  };

const file: Piece = async (means) => {
  const since = '2026-05-30';
  if (means.random.below(2) === 0) await tool(means, 'payout_report', { limit: 2 });
  else await tool(means, 'export_records', { records: 'purchases', since, until: '2026-05-31' });
  return 1;
};

/** Writes that do not ask and do not change the number of records. */
const write: Piece = async (means) => {
  const { programme, random } = means;
  const kind = random.below(3);
  const first_name = `Name ${random.below(9)}`;
  const lead = programme.leads.rows[random.below(programme.leads.rows.length)];
  const purchase = programme.purchases.rows[random.below(programme.purchases.rows.length)];
  if (kind === 0) await tool(means, 'update_affiliate', { affiliate_id: anAffiliate(random), first_name });
  else if (kind === 1 && lead) await tool(means, 'update_lead', { lead_id: lead.id, email: lead.email, first_name });
  else await tool(means, 'update_purchase', { purchase_id: purchase?.id, description: first_name });
  return 1;
};

/** A question and, in three of four cases, its confirmation. */
const question: Piece = async (means) => {
  const affiliate_id = anAffiliate(means.random);
  const [name, args] =
    means.random.below(3) === 0
      ? ['review_affiliates', { action: 'unarchive', affiliate_ids: [affiliate_id, affiliate_id + 1] }]
      : [pick(means.random, ['archive_affiliate', 'unarchive_affiliate', 'approve_affiliate']), { affiliate_id }];
  const data = await tool(means, name, args);
  const { confirmation } = data;
  const token = isObject(confirmation) ? confirmation.confirmation_token : undefined;
  if (typeof token !== 'string' || means.random.below(4) === 0) return 1;
  await tool(means, name, { ...args, confirmation_token: token });
  return 2;
};

const refused: Piece = async (means) => {
  if (means.random.below(2) === 0) await tool(means, 'get_affiliate', { affiliate_id: 'nobody' });
  else await tool(means, 'get_affiliate', { affiliate_id: 999_999 });
  return 1;
};

const resource: Piece = async (means) => {
  await timed(means, async () => {
    await means.client.readResource({ uri: `leaddyno://affiliates/${anAffiliate(means.random)}` });
    return 'resource';
  });
  return 1;
};

/** Makes a server discard what has expired, by a new file, questions and their confirmations. */
export async function sweep(means: Means): Promise<void> {
  await tool(means, 'payout_report', { limit: 2 });
  for (const [name, args] of [
    ['archive_affiliate', { affiliate_id: 1004 }],
    ['unarchive_affiliate', { affiliate_id: 1004 }],
  ] as const) {
    const { confirmation } = await tool(means, name, args);
    const token = isObject(confirmation) ? confirmation.confirmation_token : undefined;
    if (typeof token === 'string') await tool(means, name, { ...args, confirmation_token: token });
  }
}

/** Shares in thousandths. */
const mix: readonly (readonly [share: number, piece: Piece])[] = [
  [740, read(operations)],
  [60, read(workflows)],
  [4, file],
  [80, write],
  [60, question],
  [36, refused],
  [20, resource],
];

/** Performs `count` calls, `width` at a time. */
export async function perform(means: Means, count: number, width: number): Promise<void> {
  let begun = 0;
  const whole = mix.reduce((sum, [share]) => sum + share, 0);
  const lane = async () => {
    while (begun < count) {
      begun += 1;
      let ticket = means.random.below(whole);
      const piece = mix.find(([share]) => {
        ticket -= share;
        return ticket < 0;
      })?.[1];
      const calls = (await piece?.(means)) ?? 1;
      begun += calls - 1;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

async function tool(means: Means, name: string, args: JsonObject): Promise<JsonObject> {
  let data: JsonObject = {};
  await timed(means, async () => {
    const result = await means.client.callTool({ name, arguments: args });
    data = isObject(result.structuredContent) ? result.structuredContent : {};
    const reason = isObject(data.error) ? String(data.error.reason) : 'invalid';
    if (reason === 'internal') means.tally.wrong.push(`${name}: ${JSON.stringify(data)}`);
    return result.isError ? reason : 'confirmation' in data ? 'asked' : 'ok';
  });
  return data;
}

async function timed({ tally }: Means, work: () => Promise<string>): Promise<void> {
  const began = performance.now();
  const outcome = await work().catch((error: unknown) => {
    const text = String(error).slice(0, 200);
    // A failure to read a resource is always a protocol error.
    if (!/LeadDyno|not_found|Resource/.test(text)) tally.wrong.push(text);
    return 'protocol error';
  });
  tally.times.push(performance.now() - began);
  tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
}

/** The quantile of `values` for a share from 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
