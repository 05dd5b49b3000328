import type { ComponentChildren } from 'preact';
import { type Data, textAt, textsAt } from './data.ts';
import type { Indicator } from './trend.ts';

/* Small components that several sections use. */

/** A name that anyone may have typed, isolated because it may be written right to left. */
export function Name({ children }: { readonly children: string }) {
  return <bdi>{children}</bdi>;
}

/** The earlier value, and the change since. */
export function Change({
  change,
  direction,
  more,
  before,
}: Pick<Indicator, 'change' | 'direction' | 'more' | 'before'>) {
  if (change === undefined) return <span class="quiet">{`before: ${before}`}</span>;
  const good = more === undefined || direction === 0 ? undefined : direction > 0 === (more === 'good');
  return (
    <>
      <b class={good === undefined ? undefined : good ? 'good' : 'bad'}>{change}</b>{' '}
      <span class="quiet">{`from ${before}`}</span>
    </>
  );
}

/** A card of "Needs you": a figure, its meaning, and what to do about it. */
export function Card({
  title,
  tone,
  wide = false,
  children,
}: {
  readonly title: string;
  readonly tone?: 'bad' | 'warn' | undefined;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`panel card${tone ? ` ${tone}-edge` : ''}${wide ? ' wide' : ''}`}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** A notice above the figures if they are not complete, with what could not be read. */
export function Notices({ results }: { readonly results: readonly (Data | undefined)[] }) {
  const partly = results.flatMap((data) => (data?.complete === false ? [data] : []));
  if (partly.length === 0) return null;
  const said = new Set(partly.flatMap((data) => [...textsAt(data, 'scanned')]));
  const notes = new Set(partly.map((data) => textAt(data, 'note')).filter((note) => note !== ''));
  return (
    <div class="panel notice warn-edge" role="note">
      <b>Not everything was read. </b>
      {[...said].join('; ')}
      {[...notes].map((note) => (
        <p key={note}>{note}</p>
      ))}
    </div>
  );
}

/** A placeholder for a part that is being read or could not be read. */
export function Pending({
  loading,
  failure,
  retry,
}: {
  readonly loading: boolean;
  readonly failure: string | undefined;
  readonly retry?: (() => void) | undefined;
}) {
  if (failure !== undefined) {
    return (
      <p class="panel notice bad-edge" role="status">
        {failure}{' '}
        {retry && (
          <button type="button" class="controls" onClick={retry}>
            Try again
          </button>
        )}
      </p>
    );
  }
  return loading ? (
    <p class="quiet" role="status">
      Reading …
    </p>
  ) : null;
}
