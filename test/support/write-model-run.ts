import { join } from 'node:path';
import { expect } from 'vitest';
import { accountOf } from '../../src/account.ts';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import type { Change } from '../../src/ports/change-log.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { Answer, Connection, Form, Result } from './clients.ts';
import { type Harness, KEY, startHarnessAt } from './harness.ts';
import { askedIn, at } from './protocol-json.ts';
import { type BatchKind, batchKinds, type Model, snapshot, type WriteKind, writeKinds } from './write-model.ts';
import type { Command, Course, Meddling, Next, Sequence } from './write-model-commands.ts';
import { type Fault, type FaultLayer, isCarried, isUnclear } from './write-model-faults.ts';

/** A write as the model expects it in the audit log. */
interface Logged {
  readonly tool: string;
  readonly operation: string;
  readonly arguments: JsonObject;
  readonly confirmed: Change['confirmed'];
  readonly outcome: Change['outcome'];
  /** Whether LeadDyno carried it out. */
  readonly happened: boolean;
}

/** A call of either kind of tool. */
type Asked = { readonly args: JsonObject } & ({ readonly kind: WriteKind } | { readonly batch: BatchKind });

/** What a question showed of the record, or of each item. */
type Shown = string | ReadonlyMap<string, string>;

/** The expected outcome of a call; for a batch also the items that it should send. */
interface Prediction {
  readonly expected: string;
  readonly due?: readonly string[];
  readonly confirmed?: Change['confirmed'];
}

/** A question that was asked, with what it showed. */
interface Question {
  readonly call: Asked;
  readonly token: string;
  readonly shown: Shown;
  readonly process: number;
  used: boolean;
  expired: boolean;
}

export interface Tally {
  commands: number;
  sent: number;
  happened: number;
}

const SIX_MINUTES = 6 * 60_000;
const json = (value: unknown) => JSON.stringify(value);

/** Carries out one sequence on a sandbox behind the fault layer, and checks every answer against the model. */
export async function runSequence(
  { era, forms, commands }: Sequence,
  sandbox: Sandbox,
  layer: FaultLayer,
  folder: string,
  tally: Tally,
): Promise<{ model: Model; logged: readonly Logged[]; changes: readonly Change[] }> {
  const model = snapshot(sandbox.programme);
  const logged: Logged[] = [];
  const questions: Question[] = [];
  let process = 0;
  let harness: Harness | undefined;
  let connection: Connection | undefined;
  let last: Asked | undefined;
  let answering: (form: Form) => Answer = () => 'decline';
  const openLog = () => openAuditLog(join(folder, 'log'), { processName: `process-${process}` });

  async function restart(): Promise<Connection> {
    await harness?.close();
    process += 1;
    harness = startHarnessAt(layer.url, { changes: openLog(), keyTransport: 'header' });
    connection = await harness.connect(era, forms ? { answers: (form) => answering(form) } : {});
    return connection;
  }
  const connected = async () => connection ?? (await restart());

  /** What the question of a call would show now; undefined if it would not ask. */
  function shownNow(call: Asked, readsDown = false): Shown | undefined {
    if ('kind' in call) {
      if (call.kind.asksUnread && readsDown) return 'unread';
      const shown = call.kind.asks === 'never' ? undefined : call.kind.shown?.(model, call.args);
      return shown === undefined ? undefined : json(shown);
    }
    const items = call.batch.items(model, call.args);
    return items.size === 0 ? undefined : new Map([...items].map(([key, item]) => [key, json(item)]));
  }

  /** The items that are still as the question showed them; none if it is about a single record. */
  const itemsFor = (shown: Shown, now: Shown): string[] =>
    typeof shown === 'string' || typeof now === 'string'
      ? []
      : [...now].filter(([key, item]) => shown.get(key) === item).map(([key]) => key);

  const holds = (shown: Shown, now: Shown) =>
    typeof now === 'string' ? shown === now : itemsFor(shown, now).length > 0;

  function meddle({ what, pick, value }: Meddling): void {
    const { affiliates, purchases, commissions } = sandbox.programme;
    const [affiliate, purchase] = [affiliates.rows[pick], purchases.rows[pick]];
    const due = model.commissions.filter((row) => row.due && row.purchase !== null);
    const commission = commissions.get(due[pick % due.length]?.id ?? 0);
    if (what === 'last name' && affiliate) affiliate.lastName = `Other ${value}`;
    if (what === 'archive' && affiliate) affiliate.status = 'Archived';
    if (what === 'amount' && purchase) purchase.amount = 9_000 + value;
    if (what === 'paid' && commission && !commission.cancelled) commission.paid = true;
    const { id: affiliateId } = affiliate ?? {};
    for (const row of model.affiliates) {
      if (row.id === affiliateId && what === 'last name') row.last = `Other ${value}`;
      if (row.id === affiliateId && what === 'archive') row.status = 'Archived';
    }
    for (const row of model.purchases) if (row.id === purchase?.id && what === 'amount') row.amount = 9_000 + value;
    for (const row of model.commissions) {
      if (row.id === commission?.id && what === 'paid' && !row.cancelled) row.paid = true;
    }
  }

  /** Applies one write to the model and notes the expected log entry. @returns its outcome in the audit log */
  function send(
    call: Asked,
    key: string | undefined,
    fault: Fault | undefined,
    confirmed: Change['confirmed'],
  ): Change['outcome'] {
    const batch = 'batch' in call && key !== undefined ? call.batch : undefined;
    const tool = 'kind' in call ? call.kind.tool : call.batch.tool;
    const own = 'kind' in call ? call.kind.sent?.(call.args) : undefined;
    const sent = batch ? batch.sends(model, call.args, key ?? '') : { operation: tool, args: own ?? call.args };
    const accepts = () =>
      'kind' in call ? call.kind.apply(model, call.args) : call.batch.apply(model, call.args, key ?? '');
    const happened = isCarried(fault) && accepts();
    const outcome = isUnclear(fault) ? 'unknown' : happened ? 'done' : 'refused';
    const entry: Logged = { tool, operation: sent.operation, arguments: sent.args, confirmed, outcome, happened };
    logged.push(entry);
    tally.sent += 1;
    if (happened) tally.happened += 1;
    return outcome;
  }

  /** Makes one call and checks its answer; if given, `question` is the one that it confirms. */
  async function make(call: Asked, course: Course, question?: Question): Promise<void> {
    last = call;
    const tool = 'kind' in call ? call.kind.tool : call.batch.tool;
    const { call: calling } = await connected();
    const before = shownNow(call, course.readsDown);
    const keys = before instanceof Map ? [...before.keys()] : [];
    const faultOf = new Map(keys.map((key, index) => [key, course.faults[index] ?? undefined]));
    layer.readsDown = course.readsDown;
    const reached = new Set<string>();
    layer.fault = (what) => {
      if ('kind' in call) return course.faults[0] ?? undefined;
      const key = keys.find((one) => call.batch.pathOf(model, call.args, one) === what) ?? '';
      reached.add(key);
      return faultOf.get(key);
    };
    let shownForms = 0;
    answering = () => {
      shownForms += 1;
      if (shownForms === 1 && course.answer === 'meddled') meddle(course.meddling);
      if (shownForms === 1 && course.answer === 'late') harness?.advance(SIX_MINUTES);
      return course.answer === 'no' ? 'decline' : course.answer === 'unticked' ? 'unticked' : 'yes';
    };
    const gaveUp = new AbortController();
    const givesUp = course.givesUp && 'kind' in call && course.faults[0] == null;
    layer.hold = givesUp ? () => gaveUp.abort() : undefined;
    const token = question && { confirmation_token: question.token };
    const answered = calling(tool, { ...call.args, ...token }, { signal: gaveUp.signal });
    const result = await answered.catch((error: unknown) => {
      if (!givesUp) throw error;
      return undefined;
    });
    layer.readsDown = false;
    layer.hold = undefined;
    const { expected, due = [], confirmed = 'not_asked' } = predict(call, course, question, before, shownForms);
    expect(kindOf(result), `${tool} ${json(call.args)}: ${result?.text}`).toBe(expected);
    if (!result) return;
    if (expected === 'asked' && before !== undefined) ask(call, result, before);
    if (expected === 'done' && 'batch' in call) accountForBatch(call, course, due, keys, reached, confirmed, result);
  }

  /** Predicts the outcome of a call, with the same order of checks as the server, and applies a write to the model. */
  function predict(
    call: Asked,
    course: Course,
    question: Question | undefined,
    before: Shown | undefined,
    shownForms: number,
  ): Prediction {
    const asking = 'batch' in call || call.kind.asks !== 'never';
    const reads = 'batch' in call || call.kind.exists !== undefined || call.kind.asks === 'by a record';
    const asksUnread = 'kind' in call && call.kind.asksUnread;
    if (course.readsDown && reads && !asksUnread) return { expected: 'failed' };
    if ('kind' in call && call.kind.exists?.(model, call.args)) return { expected: 'existed' };

    const given = question?.process === process ? question : undefined;
    let confirmed: Change['confirmed'] = 'not_asked';
    let due: readonly string[] = [];
    if (asking && before === undefined) {
      if (given?.used) return { expected: 'already_used' };
    } else if (asking && before !== undefined && forms) {
      if (course.answer === 'no' || course.answer === 'unticked') return { expected: 'declined' };
      // Whatever happened to the record while the first form was open, the last form showed its current state.
      const now = shownNow(call, course.readsDown);
      const holdsStill = now !== undefined && course.answer !== 'late' && holds(before, now);
      expect(shownForms, 'forms').toBe(holdsStill || now === undefined ? 1 : 2);
      due = now === undefined ? [] : itemsFor(holdsStill ? before : now, now);
      confirmed = now === undefined ? 'not_asked' : 'form';
    } else if (asking && before !== undefined) {
      if (given?.used) return { expected: 'already_used' };
      const fits = given && !given.expired && json(given.call.args) === json(call.args) && holds(given.shown, before);
      if (!fits) return { expected: 'asked' };
      given.used = true;
      due = itemsFor(given.shown, before);
      confirmed = 'token';
    }
    if ('batch' in call) return { expected: 'done', due, confirmed };
    const fault = course.faults[0] ?? undefined;
    const givenUp = course.givesUp && fault === undefined;
    const outcome = send(call, undefined, givenUp ? 'reset after' : fault, confirmed);
    return { expected: givenUp ? 'given up' : outcome === 'refused' ? 'failed' : outcome };
  }

  /**
   * Checks that every item is in exactly one list of the answer, and that the list fits what happened to its write.
   * Payment marks that need no attention are counted in one row per affiliate: those that reached LeadDyno are in
   * `done`, the others in `left`.
   */
  function accountForBatch(
    call: Extract<Asked, { batch: BatchKind }>,
    course: Course,
    due: readonly string[],
    all: readonly string[],
    reached: ReadonlySet<string>,
    confirmed: Change['confirmed'],
    { data, text }: Result,
  ): void {
    const { batch, args } = call;
    const listOf = new Map<string, string>();
    const summed: string[] = [];
    for (const list of ['done', 'failed', 'unknown', 'left', 'left_out'] as const) {
      const rows = data[list];
      for (const row of Array.isArray(rows) ? rows : []) {
        if (isObject(row) && 'purchases' in row) {
          summed.push(json([list, row.affiliate_id, row.purchases]));
          continue;
        }
        const key = batch.keyOf(typeof row === 'number' ? { affiliate_id: row } : row);
        if (all.includes(key)) expect(listOf.get(key), `${key} twice in ${text}`).toBeUndefined();
        listOf.set(key, list);
      }
    }
    if (batch.tool === 'settle_payouts') {
      const counts = new Map<string, number>();
      for (const key of due.filter((one) => !listOf.has(one))) {
        const list = reached.has(key) ? 'done' : 'left';
        listOf.set(key, list);
        const sum = json([list, JSON.parse(key)[0]]);
        counts.set(sum, (counts.get(sum) ?? 0) + 1);
      }
      const expected = [...counts].map(([sum, count]) => json([...JSON.parse(sum), count]));
      expect(summed.sort(), text).toEqual(expected.sort());
    }
    const faultOf = (key: string) => course.faults[all.indexOf(key)] ?? undefined;
    const stops = due.some((key) => ['reset before', 'reset after', 'limited'].includes(faultOf(key) ?? ''));
    for (const key of due) {
      const list = listOf.get(key);
      if (list === 'left') {
        expect(stops, `${key} left in ${text}`).toBe(true);
        continue;
      }
      const outcome = send(call, key, faultOf(key), confirmed);
      expect(list, `${key} in ${text}`).toBe(outcome === 'refused' ? 'failed' : outcome);
    }
    for (const [key, list] of listOf) {
      if (!due.includes(key)) expect(['left', 'left_out'], `${key} in ${text} of ${json(args)}`).toContain(list);
    }
  }

  function ask(call: Asked, result: Result, shown: Question['shown']): void {
    questions.push({ call, token: askedIn(result).token, shown, process, used: false, expired: false });
  }

  /** Makes three calls with one confirmation at the same time: only one of them may carry it out. */
  async function confirmAtOnce(question: Question): Promise<void> {
    const { call, token } = question;
    const tool = 'kind' in call ? call.kind.tool : call.batch.tool;
    const before = shownNow(call);
    const valid = !question.used && !question.expired && question.process === process;
    const exists = 'kind' in call && call.kind.exists?.(model, call.args);
    // A call that no longer asks would send its write each time.
    if (exists || before === undefined || !valid || !holds(question.shown, before)) return;
    layer.fault = () => undefined;
    const { call: calling } = await connected();
    const confirmed = { ...call.args, confirmation_token: token };
    const results = await Promise.all([0, 1, 2].map(() => calling(tool, confirmed)));
    const found = results.map(kindOf);
    question.used = true;
    if ('kind' in call) {
      const outcome = send(call, undefined, undefined, 'token');
      const winner = outcome === 'done' ? 'done' : 'failed';
      expect(
        found.filter((one) => one === winner),
        json(found),
      ).toHaveLength(1);
    } else {
      for (const key of itemsFor(question.shown, before)) send(call, key, undefined, 'token');
      expect(
        found.filter((one) => one === 'done'),
        json(found),
      ).toHaveLength(1);
    }
    expect(
      found.filter((one) => one === 'already_used' || one === 'existed'),
      json(found),
    ).toHaveLength(2);
  }

  async function confirm({ which, how, ...course }: Extract<Command, { do: 'confirm' }>): Promise<void> {
    const question = questions[questions.length - 1 - (which % Math.max(1, questions.length))];
    if (!question) return;
    if (how === 'at once') return await confirmAtOnce(question);
    const { call } = question;
    if (how === 'as given') return await make(call, course, question);
    const other = 'kind' in call ? call.kind.args(model, 3, 1) : call.batch.args(model, [1, 4], 2);
    await make({ ...call, args: other }, course, question);
  }

  /** Goes on with the latest question. */
  async function goOn(next: readonly Next[], pick: number, course: Course): Promise<void> {
    for (const one of forms ? [] : next) {
      const { value, what } = course.meddling;
      // Most questions show one of these, so that they no longer fit.
      if (one === 'meddle')
        for (const field of ['last name', 'amount', what] as const) meddle({ what: field, pick, value });
      else if (one === 'wait' || one === 'restart') await perform({ do: one });
      else await confirm({ ...course, do: 'confirm', which: 0, how: one });
    }
  }

  async function perform(command: Command): Promise<void> {
    switch (command.do) {
      case 'write': {
        const kind = writeKinds[command.kind];
        if (kind) await make({ kind, args: kind.args(model, command.pick, command.value) }, command);
        return await goOn(command.next, command.pick, command);
      }
      case 'batch': {
        const batch = batchKinds[command.kind];
        if (batch) await make({ batch, args: batch.args(model, command.picks, command.value) }, command);
        return await goOn(command.next, command.picks[0] ?? 0, command);
      }
      case 'confirm':
        return await confirm(command);
      case 'repeat':
        return last && (await make(last, command));
      case 'meddle':
        return meddle(command);
      case 'wait':
        harness?.advance(SIX_MINUTES);
        for (const question of questions) question.expired = true;
        return;
      case 'restart':
        await restart();
    }
  }

  try {
    for (const command of commands) {
      tally.commands += 1;
      await perform(command);
      expect(harness?.faults ?? []).toEqual([]);
    }
  } finally {
    await harness?.close();
  }
  const { changes } = await openLog().list(accountOf(KEY), {});
  return { model, logged, changes };
}

/** The kind of an answer. */
function kindOf(result: Result | undefined): string {
  if (!result) return 'given up';
  if (result.isError) {
    if (at(result.data, 'error', 'reason') === 'already_used') return 'already_used';
    return at(result.data, 'error', 'may_have_happened') === true ? 'unknown' : 'failed';
  }
  if (result.data.confirmation) return 'asked';
  if (result.data.declined) return 'declined';
  return result.data.already_existed ? 'existed' : 'done';
}
