import type { Change, ChangeQuery } from '../workflows/changes.ts';

/** What is known of a write before it is sent. */
export type Intent = Omit<Change, 'at' | 'id' | 'outcome' | 'reason' | 'after'>;
/** What became of it. */
export type Ending = Pick<Change, 'outcome' | 'reason' | 'after'>;

/** Remembers every write: in files where the operator wants an audit log, otherwise in this process alone. */
export interface ChangeLog {
  /** Whether writes are to read the record they change first. */
  readonly wantsBefore: boolean;
  /**
   * Notes a write right before its bytes leave. @throws ChangeLogUnavailable: then nothing may be sent
   * @returns notes what became of it; never throws
   */
  begin(intent: Intent): (ending: Ending) => void;
  /** The changes of one account, the newest first. `source` says where they are from, in words. */
  list(account: string, query: ChangeQuery): Promise<{ changes: Change[]; source: string }>;
}

/** How many changes one process remembers without an audit log. */
const REMEMBERED = 1_000;

export function createProcessLog(now: () => number = Date.now, remembered = REMEMBERED): ChangeLog {
  const changes: Change[] = [];
  let last = 0;
  return {
    wantsBefore: false,
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
        source: 'what this process did since it was started; with --audit-log a lasting record is kept',
      };
    },
  };
}
