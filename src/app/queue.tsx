import { useState } from 'preact/hooks';
import { Answer } from './answer.tsx';
import { type Data, dataAt, numberAt, personOf, rowsAt, textAt } from './data.ts';
import { count, counted, day } from './figures.ts';
import { type Acts, isOffered, type State } from './page-state.ts';
import { Name, Pending } from './parts.tsx';

/** Number of applicants shown at first. */
const FEW = 8;

/** The approval queue: applicants side by side, and the decisions about them. */
export function Queue({ state, acts }: { state: State; acts: Acts | undefined }) {
  const { parts, loading, failures, where } = state;
  const applicants = rowsAt(parts.pending, 'applicants');
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  const [all, setAll] = useState(false);
  const [flags, setFlags] = useState<'all' | 'with' | 'without'>('all');
  const shown = applicants.filter((one) => flags === 'all' || flagsOf(one).length > 0 === (flags === 'with'));
  const chosen = applicants.flatMap((one) => {
    const id = numberAt(one, 'affiliate_id');
    return id !== undefined && ticked.has(id) ? [id] : [];
  });
  const works = acts !== undefined && where === 'works' && isOffered(state, 'review_affiliates');
  const busy = state.writing !== undefined || state.question !== undefined;
  const toggle = (id: number) => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  const decide = (action: 'approve' | 'reject') => (event: Event) => {
    if (!event.isTrusted) return;
    const name = `${action === 'approve' ? 'Approve' : 'Reject'} ${counted(chosen.length, 'applicant')}`;
    acts?.ask({ place: 'queue', tool: 'review_affiliates', args: { action, affiliate_ids: chosen }, name });
  };
  if (!parts.pending && !loading.has('pending') && failures.pending === undefined) return null;
  if (parts.pending && applicants.length === 0 && state.outcome?.write.place !== 'queue') return null;
  const left = numberAt(parts.pending, 'left_off') ?? 0;
  return (
    <section aria-labelledby="queue" class="queue">
      <h2 id="queue">Applicants</h2>
      <Pending
        loading={loading.has('pending')}
        failure={failures.pending}
        retry={acts && (() => acts.retry('pending'))}
      />
      {applicants.length > 0 && (
        <fieldset class="controls" aria-label="Which applicants">
          {(['all', 'with', 'without'] as const).map((value) => (
            <button key={value} type="button" aria-pressed={flags === value} onClick={() => setFlags(value)}>
              {value === 'all'
                ? `All (${count(applicants.length)})`
                : `${value === 'with' ? 'With' : 'Without'} red flags`}
            </button>
          ))}
          {works && (
            <span class="decide">
              <button type="button" class="yes" disabled={chosen.length === 0 || busy} onClick={decide('approve')}>
                {`Approve ${count(chosen.length)} ticked`}
              </button>
              <button type="button" disabled={chosen.length === 0 || busy} onClick={decide('reject')}>
                {`Reject ${count(chosen.length)} ticked`}
              </button>
            </span>
          )}
        </fieldset>
      )}
      {acts && <Answer state={state} acts={acts} place="queue" />}
      <ul class="applicants">
        {(all || !acts || state.whole ? shown : shown.slice(0, FEW)).map((one) => (
          <li key={textAt(one, 'affiliate_id')} class={flagsOf(one).length > 0 ? 'panel warn-edge' : 'panel'}>
            <Applicant applicant={one} ticked={ticked} toggle={works ? toggle : undefined} busy={busy} />
          </li>
        ))}
      </ul>
      {!all && acts && shown.length > FEW && (
        <button type="button" class="controls" onClick={() => setAll(true)}>
          {`Show all ${count(shown.length)}`}
        </button>
      )}
      {left > 0 && (
        <p class="quiet">{`${counted(left, 'more applicant')}: they come up once these are decided about.`}</p>
      )}
    </section>
  );
}

const flagsOf = (applicant: Data): readonly Data[] => rowsAt(applicant, 'red_flags');

function Applicant({
  applicant,
  ticked,
  toggle,
  busy,
}: {
  applicant: Data;
  ticked: ReadonlySet<number>;
  toggle: ((id: number) => void) | undefined;
  busy: boolean;
}) {
  const id = numberAt(applicant, 'affiliate_id');
  const name = personOf(applicant);
  const fields = Object.entries(dataAt(applicant, 'custom_fields')).map(([field, value]) => [field, shownValue(value)]);
  const recruiter =
    textAt(dataAt(applicant, 'recruiter'), 'affiliate_id') || textAt(applicant, 'referring_affiliate_id');
  const facts: readonly (readonly [string, string])[] = [
    ['E-mail', textAt(applicant, 'email')],
    ['Paid at', textAt(applicant, 'paypal_email')],
    ['Applied', `${day(textAt(applicant, 'applied_at'))}${waited(applicant)}`],
    ['Recruited by', recruiter && `affiliate ${recruiter}`],
    ['Referrer', textAt(applicant, 'referrer_domain')],
    ['Group', textAt(applicant, 'compensation_tier_code') || textAt(applicant, 'group')],
    ['Code', textAt(applicant, 'affiliate_code')],
    ...fields.map(([field = '', value = '']) => [field, value] as const),
  ];
  return (
    <>
      <h3>
        {toggle && id !== undefined ? (
          <label>
            <input type="checkbox" checked={ticked.has(id)} disabled={busy} onChange={() => toggle(id)} />
            <Name>{name}</Name>
          </label>
        ) : (
          <Name>{name}</Name>
        )}
      </h3>
      {flagsOf(applicant).length > 0 && (
        <ul class="flags">
          {flagsOf(applicant).map((flag) => (
            <li key={textAt(flag, 'flag')} class="warn">
              {textAt(flag, 'reason') || textAt(flag, 'flag')}
            </li>
          ))}
        </ul>
      )}
      <dl>
        {facts
          .filter(([, value]) => value !== '')
          .map(([term, value]) => (
            <div key={term}>
              <dt>
                <Name>{term}</Name>
              </dt>
              <dd>
                <Name>{value}</Name>
              </dd>
            </div>
          ))}
      </dl>
    </>
  );
}

const waited = (applicant: Data): string => {
  const age = numberAt(applicant, 'age_days');
  return age === undefined ? '' : `, ${counted(age, 'day')} ago`;
};

/** The value of a custom field as text, whatever its type. */
const shownValue = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
