import { type Data, textAt, textsAt } from './data.ts';
import { moment } from './figures.ts';
import { NeedsYou } from './needs.tsx';
import { type Acts, currenciesIn, type State } from './page-state.ts';
import { Notices } from './parts.tsx';
import { Payouts } from './payouts.tsx';
import { People } from './people.tsx';
import { Progress } from './progress.tsx';
import { Queue } from './queue.tsx';

/** The page: what needs a person, how it goes, who, and payouts, in the order of a manager's week. */
export function Page({ state, acts }: { state: State; acts: Acts | undefined }) {
  const { parts, saying, where } = state;
  if (saying !== undefined) {
    return (
      <main>
        <p class="quiet" role="status">
          {saying}
        </p>
      </main>
    );
  }
  const currencies = currenciesIn(parts);
  const currency = state.currency ?? currencies[0] ?? '';
  const shared = { state, acts, currencies, currency };
  return (
    <main>
      <Header {...shared} />
      {where === 'reads' && (
        <p class="panel notice" role="note">
          This host does not let the page call tools, so you can only read here. Ask in the chat for anything else.
        </p>
      )}
      <Notices results={Object.values(parts)} />
      <NeedsYou {...shared} />
      <Queue state={state} acts={acts} />
      {(parts.overview || parts.orders) && <Progress {...shared} />}
      <People {...shared} />
      <Payouts {...shared} />
      <Sources results={Object.values(parts)} />
    </main>
  );
}

interface HeaderProps {
  readonly state: State;
  readonly acts: Acts | undefined;
  readonly currencies: readonly string[];
  readonly currency: string;
}

function Header({ state, acts, currencies, currency }: HeaderProps) {
  const facts = [state.parts.overview, state.parts.payouts].map((data) => data?.page as Data | undefined);
  const said = (key: string) => facts.map((one) => textAt(one, key)).find((text) => text !== '') ?? '';
  const site = said('site');
  const made = said('made_at');
  const sandbox = facts.some((one) => one?.sandbox === true);
  return (
    <header>
      <div>
        <h1>
          Affiliate programme
          {site !== '' && (
            <>
              {' of '}
              <bdi>{site}</bdi>
            </>
          )}
        </h1>
        <p class="quiet">
          {made !== '' && `As of ${moment(made)}`}
          {sandbox && <b class="tag">Sandbox: made-up data, nobody here is real</b>}
        </p>
      </div>
      {currencies.length > 1 && (
        <fieldset class="controls" aria-label="Currency of the page">
          {currencies.map((one) => (
            <button key={one} type="button" aria-pressed={one === currency} onClick={() => acts?.chooseCurrency(one)}>
              {one}
            </button>
          ))}
        </fieldset>
      )}
    </header>
  );
}

/** What was read for the figures, at the foot of the page. */
function Sources({ results }: { results: readonly (Data | undefined)[] }) {
  const read = new Set(
    results.flatMap((data) =>
      data?.complete === true
        ? textsAt(data, 'scanned').map((text) => text.replace(/, read (now|\d+ s ago)$/, ''))
        : [],
    ),
  );
  return read.size === 0 ? null : <footer class="quiet">{`Read: ${[...read].join('; ')}.`}</footer>;
}
