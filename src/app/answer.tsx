import { useEffect, useRef, useState } from 'preact/hooks';
import { type Data, dataAt, numberAt, personOf, rowsAt, textAt, textsAt } from './data.ts';
import { counted, money } from './figures.ts';
import { type Acts, linesIn, type Outcome, type Place, type Question, type State } from './page-state.ts';
import { Name } from './parts.tsx';

/*
 * The question before a write, and its outcome. The page has no questions of its own: the host shows the server's form,
 * or the server's question comes back and is shown here unchanged.
 */

/** Milliseconds that a question must be visible before the answer can be yes. */
export const SEEN_MS = 800;

/** The progress, question or outcome of a write requested at this place. */
export function Answer({ state, acts, place }: { state: State; acts: Acts; place: Place }) {
  const { question, outcome, writing } = state;
  return (
    <>
      {writing?.place === place && !question && (
        <p class="panel notice" role="status">{`${writing.name} … If your host asks, answer there.`}</p>
      )}
      {question?.place === place && (
        <Asked key={question.token} question={question} acts={acts} busy={writing !== undefined} />
      )}
      {outcome?.write.place === place && <Told outcome={outcome} state={state} />}
    </>
  );
}

function Asked({ question, acts, busy }: { question: Question; acts: Acts; busy: boolean }) {
  const [seen, setSeen] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    const timer = setTimeout(() => setSeen(true), SEEN_MS);
    return () => clearTimeout(timer);
  }, []);
  // Only a person's clicks count: browsers mark events from scripts as untrusted.
  const press = (yes: boolean) => (event: Event) => {
    if (event.isTrusted) acts.answer(yes);
  };
  return (
    <div class="panel question" role="alertdialog" aria-labelledby="question-title" aria-describedby="question-text">
      <h3 id="question-title" tabIndex={-1} ref={heading}>
        The server asks before it does this
      </h3>
      <p id="question-text" class="verbatim">
        <bdi>{question.text}</bdi>
      </p>
      <div class="buttons">
        <button type="button" class="yes" disabled={!seen || busy} onClick={press(true)}>
          Yes, do this
        </button>
        <button type="button" disabled={busy} onClick={press(false)}>
          No
        </button>
      </div>
    </div>
  );
}

/** Lists of a result, and their headings. */
const LISTS = [
  ['done', 'Done', 'good'],
  ['left_out', 'Left out, nothing was sent', 'warn'],
  ['failed', 'Refused by LeadDyno, not done', 'bad'],
  ['unknown', 'Sent, and no clear answer came: it may have happened', 'bad'],
  ['left', 'Not begun', 'warn'],
] as const;

const ENDED = { done: '', declined: ': nothing was done', failed: ': not done', unknown: ': no answer' } as const;

function Told({ outcome: { write, kind, result, message }, state }: { outcome: Outcome; state: State }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const tone = { done: 'good-edge', declined: '', failed: 'bad-edge', unknown: 'bad-edge' }[kind];
  return (
    <div class={`panel notice ${tone}`} role="status" tabIndex={-1} ref={box}>
      <h3>{`${write.name}${ENDED[kind]}`}</h3>
      {message !== '' && <p>{message}</p>}
      {rowsAt(result, 'totals')
        .filter((row) => row.marked !== undefined)
        .map((row) => (
          <p
            key={textAt(row, 'currency')}
          >{`${money(row.marked, row.currency)} marked as paid, ${money(row.left, row.currency)} left, ${money(row.unknown, row.currency)} not known.`}</p>
        ))}
      {LISTS.map(([key, title, tint]) => {
        const rows = rowsIn(result, key);
        return (
          rows.length > 0 && (
            <div key={key}>
              <h4 class={tint}>{`${title} (${rows.length})`}</h4>
              <ul>
                {rows.map((row, index) => (
                  // By index, because an affiliate may have several rows, one per purchase.
                  <li key={index}>
                    <Name>{nameIn(state, row)}</Name>
                    {said(row)}
                  </li>
                ))}
              </ul>
            </div>
          )
        );
      })}
      {['note', 'stopped', 'undo', 'not_remembered'].map((key) =>
        textAt(result, key) === '' ? null : (
          <p key={key} class="quiet">
            {key === 'undo' ? `Undo: ${textAt(result, key)}` : textAt(result, key)}
          </p>
        ),
      )}
    </div>
  );
}

/** Rows of a list of a result; plain ids become rows. */
export const rowsIn = (result: Data, key: string): readonly Data[] => {
  const rows = rowsAt(result, key);
  return rows.length > 0 ? rows : textsAt(result, key).map((id) => ({ affiliate_id: Number(id) }));
};

const said = (row: Data): string => {
  const sums = rowsAt(row, 'totals').map((sum) => money(sum.amount, sum.currency));
  const words = [
    textAt(row, 'outcome'),
    sums.join(', '),
    textAt(row, 'reason'),
    textAt(row, 'message'),
    textAt(row, 'note'),
  ];
  const known = words.filter((word) => word !== '');
  return known.length === 0 ? '' : `: ${known.join('; ')}`;
};

/** An affiliate's name, if the page knows it: results refer to affiliates by id. */
function nameIn({ parts }: State, row: Data): string {
  const id = numberAt(row, 'affiliate_id');
  const known = [...rowsAt(parts.pending, 'applicants'), ...linesIn(parts.payouts)].find(
    (one) => numberAt(one, 'affiliate_id') === id,
  );
  return known ? personOf(known) : personOf(row);
}

/** What the model is told about a write: ids and the server's words, no text from records. */
export function toldToModel({ write, kind, result, message }: Outcome): string {
  const action = textAt(write.args, 'action');
  const call = `${write.tool}${action === '' ? '' : ` (${action})`}`;
  if (kind === 'declined') return `On the page the user was asked about ${call} and declined: nothing was done.`;
  if (kind === 'failed') return `On the page the user tried ${call}, which failed: ${message}`;
  if (kind === 'unknown') {
    return `On the page the user tried ${call}. ${message} list_recent_changes shows what was done.`;
  }
  const lists = LISTS.flatMap(([key]) => {
    const ids = [...new Set(rowsIn(result, key).map((row) => textAt(row, 'affiliate_id')))];
    return ids.length === 0
      ? []
      : [`${key.replace('_', ' ')}: ${counted(ids.length, 'affiliate')} (${ids.slice(0, 40).join(', ')})`];
  });
  const sums = rowsAt(result, 'totals')
    .filter((row) => row.marked !== undefined)
    .map((row) => `${textAt(row, 'marked')} ${textAt(row, 'currency')} marked as paid`);
  return `On the page the user carried out ${call}. ${[...sums, ...lists].join('; ')}.`;
}

/** The question in a result, if there is one. */
export const questionIn = (result: Data): { readonly text: string; readonly token: string } | undefined => {
  const asked = dataAt(result, 'confirmation');
  const [text, token] = [textAt(asked, 'question'), textAt(asked, 'confirmation_token')];
  return text === '' || token === '' ? undefined : { text, token };
};
