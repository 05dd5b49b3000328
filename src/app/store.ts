import { questionIn, toldToModel } from './answer.tsx';
import type { Host, ToolResult } from './bridge.ts';
import { callsForNow, callsForPeriod, type PartCall, type PartName } from './calls.ts';
import { type Data, isData, rowsAt, textAt } from './data.ts';
import { type Acts, isOverview, isPayoutReport, type Outcome, periodOf, type State, type Write } from './page-state.ts';
import type { Period } from './period.ts';

/** Holds the state of the page and carries out what a person asks for. */
export interface Store {
  readonly acts: Acts;
  state(): State;
  change(change: Partial<State>): void;
  /** The host is connected. */
  connect(host: Host): void;
  /** Takes the result that the page belongs to. */
  receive(result: ToolResult): void;
}

/** @param draw called with every new state */
export function createStore(first: State, draw: (state: State, acts: Acts) => void): Store {
  let state = first;
  let host: Host = {};
  /** The account of the first result, if the server has several: the page stays with it. */
  let account = '';
  /** Everything done here so far, for the model: each message to it replaces the one before. */
  const told: string[] = [];
  /** Counts choices of a period, to ignore results of an earlier choice. */
  let choice = 0;

  function change(next: Partial<State>): void {
    state = { ...state, ...next };
    draw(state, acts);
  }

  const argsOf = (args: Data): Data => (account === '' ? args : { ...args, account });

  async function read({ part, tool, args }: PartCall): Promise<boolean> {
    const { callTool } = host;
    if (!callTool) return false;
    const mine = choice;
    const { [part]: _, ...failures } = state.failures;
    change({ loading: new Set([...state.loading, part]), failures });
    const found = await attempt(() => callTool(tool, argsOf(args)));
    if (mine !== choice && isOfPeriod(part)) return false;
    const loading = new Set([...state.loading].filter((one) => one !== part));
    if ('failure' in found) change({ loading, failures: { ...state.failures, [part]: found.failure } });
    else change({ loading, parts: { ...state.parts, [part]: found.data } });
    return !('failure' in found);
  }

  /** Makes the calls one after another, until one fails or another period is chosen. */
  async function readAll(calls: readonly PartCall[]): Promise<void> {
    const mine = choice;
    for (const call of calls) {
      if (mine !== choice || !(await read(call))) return;
    }
  }

  const nowCalls = () => callsForNow(state.today, state.payoutArgs);

  async function readMissing(): Promise<void> {
    const calls = [...nowCalls(), ...callsForPeriod(state.period, state.today)];
    await readAll(calls.filter(({ part }) => state.parts[part] === undefined));
  }

  async function perform(write: Write, token?: string): Promise<void> {
    const { callTool } = host;
    if (!callTool || state.writing) return;
    change({ writing: write, outcome: undefined });
    const args = token === undefined ? write.args : { ...write.args, confirmation_token: token };
    const found = await attempt(() => callTool(write.tool, argsOf(args)));
    const asked = 'data' in found ? questionIn(found.data) : undefined;
    if (asked) {
      change({ writing: undefined, question: { ...write, ...asked } });
      return;
    }
    end(outcomeOf(write, found));
  }

  function end(outcome: Outcome): void {
    told.push(toldToModel(outcome));
    // A failure here does not change the outcome of the write.
    host.tellModel?.(told.join('\n')).catch(() => undefined);
    change({ writing: undefined, question: undefined, outcome });
    const stale: readonly PartName[] = outcome.write.place === 'queue' ? ['pending'] : ['payouts', 'in30', 'in60'];
    // Also after a failure or no answer: reading again shows what happened.
    if (outcome.kind !== 'declined') void readAll(nowCalls().filter(({ part }) => stale.includes(part)));
  }

  const acts: Acts = {
    choosePeriod(period: Period) {
      choice += 1;
      const kept = Object.entries(state.parts).filter(([part]) => !isOfPeriod(part) || part === 'overview');
      change({ period, parts: Object.fromEntries(kept), loading: new Set(), failures: {} });
      void readAll(callsForPeriod(period, state.today));
    },
    chooseCurrency: (currency) => change({ currency }),
    retry() {
      change({ failures: {} });
      void readMissing();
    },
    ask: (write) => void perform(write),
    answer(yes) {
      const { question } = state;
      if (!question) return;
      const { text: _, token, ...write } = question;
      if (yes) void perform(write, token);
      else end({ write, kind: 'declined', result: {}, message: 'You did not agree. Nothing was done.' });
    },
    get download() {
      const { download } = host;
      return download && ((file: Data) => void download(file).catch(() => undefined));
    },
  };

  return {
    acts,
    state: () => state,
    change,
    connect(connected) {
      host = connected;
      change({ where: host.callTool ? 'works' : 'reads' });
    },
    receive(result) {
      const found = readResult(result);
      if ('failure' in found) {
        change({ saying: found.failure });
        return;
      }
      const { data } = found;
      const part = isOverview(data) ? 'overview' : isPayoutReport(data) ? 'payouts' : undefined;
      if (!part) {
        const several = rowsAt(data, 'accounts').length > 0;
        const more = several ? ' Ask for one account to see its page.' : '';
        change({ saying: `There is no picture for this result; the text has all of it.${more}` });
        return;
      }
      account = textAt(data, 'account');
      const parts = { ...state.parts, [part]: data };
      change({ saying: undefined, parts, period: periodOf(parts, state.today) });
      void readMissing();
    },
  };
}

const NOT_OF_PERIOD: ReadonlySet<string> = new Set(callsForNow('2026-01-01').map(({ part }) => part));
const isOfPeriod = (part: string): boolean => !NOT_OF_PERIOD.has(part);

/** The result of a call; `answered`: the failure came from the server, not the host. */
type Found = { readonly data: Data } | { readonly failure: string; readonly answered: boolean };

async function attempt(call: () => Promise<ToolResult>): Promise<Found> {
  try {
    return readResult(await call());
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { failure: `Your host answered this call with: ${said}`, answered: false };
  }
}

function readResult({ structuredContent, isError, content, _meta }: ToolResult): Found {
  if (isError || !structuredContent) {
    const text = content?.find(({ type }) => type === 'text')?.text;
    return { failure: textAt(structuredContent, 'error', 'message') || text || 'The call failed.', answered: true };
  }
  // Data that only the page needs is in `_meta`, which the model does not read.
  const extra = _meta?.['leaddyno-mcp/picture'];
  return { data: { ...structuredContent, ...(isData(extra) && extra) } };
}

function outcomeOf(write: Write, found: Found): Outcome {
  if ('failure' in found) {
    if (found.answered) return { write, kind: 'failed', result: {}, message: found.failure };
    const message = `${found.failure}. If it refused the call, nothing was done; otherwise it may have been done.`;
    return { write, kind: 'unknown', result: {}, message };
  }
  const { data } = found;
  if (data.declined === true) return { write, kind: 'declined', result: {}, message: textAt(data, 'note') };
  if (data.dry_run !== undefined) return { write, kind: 'failed', result: {}, message: textAt(data, 'note') };
  return { write, kind: 'done', result: data, message: '' };
}
