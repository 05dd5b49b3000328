import type { ComponentChildren } from 'preact';
import { type Data, textAt, textsAt } from './data.ts';
import { percentChange } from './figures.ts';

/* Small pieces that sections share. */

/** A name that anybody may have typed, in whatever direction it is written. */
export function Name({ children }: { readonly children: string }) {
  return <bdi>{children}</bdi>;
}

/** Up or down, in words and colour. */
export function Change({
  change,
  more,
}: {
  readonly change: number | undefined;
  readonly more: 'good' | 'bad' | undefined;
}) {
  if (change === undefined) return <span class="quiet">nothing to compare with</span>;
  const rounded = Math.round(change * 1_000);
  const good = more === undefined || rounded === 0 ? undefined : rounded > 0 === (more === 'good');
  return <b class={good === undefined ? 'change' : good ? 'change good' : 'change bad'}>{percentChange(change)}</b>;
}

/** A card of "Needs you": a figure, what it is, and what can be done about it. */
export function Card({
  title,
  tone,
  children,
}: {
  readonly title: string;
  readonly tone?: 'bad' | 'warn' | undefined;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={tone ? `panel card ${tone}-edge` : 'panel card'}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** What has to be said before any figure: that it is not complete, or what could not be read. */
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

/** A part that is being read, or could not be. */
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
