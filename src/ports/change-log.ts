import type { JsonObject } from '../json.ts';

/** One write that was sent to LeadDyno, or was about to be sent. */
export interface Change {
  /** UTC, when it was about to be sent. */
  readonly at: string;
  readonly id: string;
  /** Names the LeadDyno account without naming its key. */
  readonly account: string;
  /** What it was called by a server with several. */
  readonly account_name?: string;
  /** Who called: the name of the token or the subject of the JWT over HTTP, `local` over stdio. */
  readonly caller: string;
  /** The tool that was called; the operation it carried out where that is another. */
  readonly tool: string;
  readonly operation: string;
  /** Names the confirmed call of a workflow that made this change and may have made others. */
  readonly batch?: string;
  readonly arguments: JsonObject;
  /** By a form, by a token, not asked (the operation never asks), or `off` (--confirm off). */
  readonly confirmed: 'form' | 'token' | 'not_asked' | 'off';
  /** The record before, as it was read; null where it was not read. */
  readonly before: JsonObject | null;
  /** `unknown`: sent, and no clear answer came, or the process ended before one came. */
  readonly outcome: 'done' | 'refused' | 'not_sent' | 'unknown';
  /** Why it failed. */
  readonly reason?: string;
  /** LeadDyno's answer, shaped; null where there is none, or where it is a login. */
  readonly after: JsonObject | null;
}

export interface ChangeQuery {
  /** Epoch milliseconds; changes at or after it. */
  readonly since?: number | undefined;
  /** A month as `2026-11`. */
  readonly month?: string | undefined;
}

/** What is known of a write before it is sent. */
export type Intent = Omit<Change, 'at' | 'id' | 'outcome' | 'reason' | 'after'>;
/** What became of it. */
export type Ending = Pick<Change, 'outcome' | 'reason' | 'after'>;

/** Remembers every write: in files where the operator wants an audit log, otherwise in this process alone. */
export interface ChangeLog {
  /** Whether a write by this operation is to read first what it changes, where no question has read it. */
  wantsBefore(operation: string): boolean;
  /**
   * Notes a write right before its bytes leave. @throws Unavailable: then nothing may be sent
   * @returns notes what became of it; never throws
   */
  begin(intent: Intent): (ending: Ending) => void | Promise<void>;
  /** The changes of one account, the newest first. `source` says where they are from, in words. */
  list(account: string, query: ChangeQuery): Promise<{ changes: Change[]; source: string }>;
}

/** How many changes one process remembers without an audit log. */
const REMEMBERED = 1_000;

export function createProcessLog(now: () => number = Date.now, remembered = REMEMBERED): ChangeLog {
  const changes: Change[] = [];
  let last = 0;
  return {
    wantsBefore: () => false,
    begin(intent) {
      last += 1;
      const index = { ...intent, at: new Date(now()).toISOString(), id: String(last) };
      let change: Change = { ...index, outcome: 'unknown', after: null };
      changes.push(change);
      if (changes.length > remembered) changes.shift();
      return (ending) => {
        const place = changes.indexOf(change);
        change = { ...index, ...ending };
        if (place >= 0) changes[place] = change;
      };
    },
    async list(account, { since = 0, month }) {
      const fits = (change: Change) =>
        change.account === account && Date.parse(change.at) >= since && (!month || change.at.startsWith(month));
      return {
        changes: changes.filter(fits).reverse(),
        source: 'what this process did since it started; --audit-log keeps a permanent record',
      };
    },
  };
}
