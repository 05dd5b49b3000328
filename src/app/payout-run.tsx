import { useState } from 'preact/hooks';
import { Answer } from './answer.tsx';
import { type Data, numberAt, personOf, rowsAt, textAt } from './data.ts';
import { count, counted, moment, money, sumOf } from './figures.ts';
import { type Acts, isOffered, linesIn, type State } from './page-state.ts';
import { Name } from './parts.tsx';

/** How many affiliates settle_payouts accepts in one call; fewer if it reads claw-backs too. */
const AT_ONCE = { plain: 40, netted: 25 };

/** Arguments that must be the same for the report and for its settlement. */
const SAME = ['minimum', 'require_payout_address', 'net_clawbacks'] as const;

/** From report to file to paid, in the currency of the page. */
export function PayoutRun({ state, acts, currency }: { state: State; acts: Acts | undefined; currency: string }) {
  const { parts, payoutArgs, where } = state;
  const report = parts.payouts ?? {};
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const ready = linesIn(report).filter(
    (line) => line.state === 'ready' && line.currency === currency && numberAt(line, 'affiliate_id') !== undefined,
  );
  const idOf = (line: Data) => numberAt(line, 'affiliate_id') ?? 0;
  const most = payoutArgs.net_clawbacks === true ? AT_ONCE.netted : AT_ONCE.plain;
  const paid = ready.filter((line) => !left.has(idOf(line)));
  const batch = paid.slice(0, most);
  const sent = (lines: readonly Data[]) =>
    sumOf(lines.map((line) => textAt(line, 'payment') || textAt(line, 'amount')));
  const works = acts !== undefined && where === 'works' && isOffered(state, 'settle_payouts');
  const busy = state.writing !== undefined || state.question !== undefined;
  const files = rowsAt(report, 'files');
  if (ready.length === 0 && files.length === 0 && state.outcome?.write.place !== 'payouts') return null;
  const toggle = (id: number) => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  const settle = (event: Event) => {
    if (!event.isTrusted) return;
    acts?.ask({
      place: 'payouts',
      tool: 'settle_payouts',
      name: `Mark ${money(sent(batch), currency)} as paid`,
      args: {
        affiliate_ids: batch.map(idOf),
        currency,
        // The report's id stands for all its arguments.
        ...(textAt(report, 'report') !== ''
          ? { report: textAt(report, 'report') }
          : {
              due_by: textAt(report, 'due_by'),
              expected_total: sent(batch),
              ...Object.fromEntries(
                SAME.flatMap((name) => (payoutArgs[name] === undefined ? [] : [[name, payoutArgs[name]]])),
              ),
            }),
      },
    });
  };
  return (
    <div class="panel run">
      <h3>{`Payout run${currency === '' ? '' : `, ${currency}`}`}</h3>
      <ol>
        <li>
          <b>Report.</b>{' '}
          {`${counted(ready.length, 'payout')} ready, ${money(sent(ready), currency)}, due by ${moment(textAt(report, 'due_by'))}.`}
          {['affiliate_ids', 'currency'].some((name) => payoutArgs[name] !== undefined) && (
            <span class="quiet"> The call asked for a part of all payouts.</span>
          )}
        </li>
        <li>
          <b>File.</b>{' '}
          <Files files={files} currency={currency} download={acts?.download} note={textAt(report, 'files_note')} />
        </li>
        <li>
          <b>Pay.</b> Upload the file to your payment service and send the money there. Nothing on this page moves
          money.
          {textAt(report, 'pending_note') !== '' && <span class="quiet"> {textAt(report, 'pending_note')}</span>}
        </li>
        <li>
          <b>Mark as paid.</b>{' '}
          {works ? (
            <>
              Once the money was sent, tell LeadDyno. Untick whom you did not pay.
              <details class="who controls">
                <summary>{`${counted(paid.length, 'affiliate')} of ${count(ready.length)}, ${money(sent(paid), currency)}`}</summary>
                <ul class="lines">
                  {ready.map((line) => (
                    <li key={idOf(line)}>
                      <label>
                        <input
                          type="checkbox"
                          checked={!left.has(idOf(line))}
                          disabled={busy}
                          onChange={() => toggle(idOf(line))}
                        />
                        <Name>{personOf(line)}</Name>
                      </label>
                      <span class="figure">{money(line.payment ?? line.amount, currency)}</span>
                    </li>
                  ))}
                </ul>
              </details>
              <span class="controls">
                <button type="button" class="yes" disabled={batch.length === 0 || busy} onClick={settle}>
                  {`Mark ${counted(batch.length, 'payout')} (${money(sent(batch), currency)}) as paid`}
                </button>
                {paid.length > batch.length && (
                  <span class="quiet">{`${count(most)} at a time; ${count(paid.length - batch.length)} come after.`}</span>
                )}
              </span>
            </>
          ) : (
            'Once the money was sent, ask for settle_payouts in the chat.'
          )}
        </li>
      </ol>
      {acts && <Answer state={state} acts={acts} place="payouts" />}
    </div>
  );
}

/** The report's payment files, and where they are. */
function Files({
  files,
  currency,
  download,
  note,
}: {
  files: readonly Data[];
  currency: string;
  download: ((file: Data) => void) | undefined;
  note: string;
}) {
  const ours = files.filter((file) => file.currency === undefined || file.currency === currency);
  return (
    <>
      {ours.length === 0 && note === '' && 'payout_report makes it in the chat.'}
      {ours.length > 0 && (
        <ul class="files">
          {ours.map((file) => (
            <li key={textAt(file, 'uri')}>
              {download ? (
                <button type="button" onClick={() => download(file)}>
                  {textAt(file, 'name')}
                </button>
              ) : (
                <span>{textAt(file, 'name')}</span>
              )}{' '}
              <span class="quiet">
                {[
                  file.amount === undefined ? '' : money(file.amount, file.currency),
                  file.rows === undefined ? '' : counted(numberAt(file, 'rows') ?? 0, 'row'),
                  textAt(file, 'path') || textAt(file, 'download_url') || textAt(file, 'uri'),
                ]
                  .filter((part) => part !== '')
                  .join(', ')}
              </span>
            </li>
          ))}
        </ul>
      )}
      {note !== '' && <span class="quiet">{note}</span>}
    </>
  );
}
