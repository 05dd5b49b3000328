import fc from 'fast-check';
import { type Fault, faults } from './write-model-faults.ts';

/** What a person does with a form; `meddled` is a yes after the record has changed, `late` one after the expiry. */
export type FormAnswer = 'yes' | 'no' | 'unticked' | 'meddled' | 'late';

/** A change of a record by somebody else. */
export interface Meddling {
  readonly what: 'last name' | 'archive' | 'amount' | 'paid';
  readonly pick: number;
  readonly value: number;
}

/** How any call goes. */
export interface Course {
  readonly faults: readonly (Fault | null)[];
  readonly readsDown: boolean;
  /** The caller cancels after LeadDyno has carried out the write, before the answer. */
  readonly givesUp: boolean;
  readonly answer: FormAnswer;
  readonly meddling: Meddling;
}

/** What happens to the latest question next. Most errors show in the steps right after a question. */
export type Next = How | 'meddle' | 'wait' | 'restart';
export type How = 'as given' | 'otherwise' | 'at once';

/** One step. Numbers choose among what exists, so that every command is possible in every state, and shrinks well. */
export type Command =
  | ({
      readonly do: 'write';
      readonly kind: number;
      readonly pick: number;
      readonly value: number;
      readonly next: readonly Next[];
    } & Course)
  | ({
      readonly do: 'batch';
      readonly kind: number;
      readonly picks: readonly number[];
      readonly value: number;
      readonly next: readonly Next[];
    } & Course)
  | ({ readonly do: 'confirm'; readonly which: number; readonly how: How } & Course)
  | ({ readonly do: 'repeat' } & Course)
  | ({ readonly do: 'meddle' } & Meddling)
  | { readonly do: 'wait' }
  | { readonly do: 'restart' };

/** What a client does with a programme, and what goes wrong meanwhile. */
export interface Sequence {
  readonly era: 'modern' | 'legacy';
  readonly forms: boolean;
  readonly commands: readonly Command[];
}

const small = fc.nat({ max: 7 });
const rarely = (odds: number) => fc.nat({ max: odds - 1 }).map((drawn) => drawn === odds - 1);

const meddling: fc.Arbitrary<Meddling> = fc.record({
  what: fc.constantFrom('last name', 'archive', 'amount', 'paid'),
  pick: small,
  value: fc.nat({ max: 2 }),
});

const course: fc.Arbitrary<Course> = fc.record({
  faults: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(fc.option(fc.constantFrom(...faults), { freq: 2 }), { maxLength: 4 }) },
  ),
  readsDown: rarely(15),
  givesUp: rarely(15),
  answer: fc.constantFrom('yes', 'yes', 'yes', 'no', 'unticked', 'meddled', 'late'),
  meddling,
});

function command(kinds: number, batches: number): fc.Arbitrary<Command> {
  const named = <Name extends Command['do'], Own extends object>(name: Name, own: fc.Arbitrary<Own>) =>
    own.map((rest) => ({ do: name, ...rest }));
  const called = <Own extends object>(own: fc.Arbitrary<Own>) =>
    fc.tuple(own, course).map(([mine, rest]): Own & Course => ({ ...mine, ...rest }));
  const nothing = fc.constant({});
  const [kind, batch] = [fc.nat({ max: kinds - 1 }), fc.nat({ max: batches - 1 })];
  const how = fc.constantFrom<How[]>('as given', 'as given', 'otherwise', 'at once');
  const after = fc.constantFrom<Next[]>(
    'as given',
    'as given',
    'otherwise',
    'at once',
    'meddle',
    'meddle',
    'wait',
    'restart',
  );
  const next = fc.array(after, { maxLength: 3, size: 'max' });
  const picks = fc.uniqueArray(small, { minLength: 1, maxLength: 5 });
  const written = fc.record({ kind, pick: small, value: small, next });
  const batched = fc.record({ kind: batch, picks, value: small, next });
  const confirmed = fc.record({ which: fc.nat({ max: 3 }), how });
  return fc.oneof(
    { weight: 8, arbitrary: named('write', called(written)) },
    { weight: 4, arbitrary: named('batch', called(batched)) },
    { weight: 8, arbitrary: named('confirm', called(confirmed)) },
    { weight: 2, arbitrary: named('repeat', called(nothing)) },
    { weight: 2, arbitrary: named('meddle', meddling) },
    { weight: 1, arbitrary: named('wait', nothing) },
    { weight: 1, arbitrary: named('restart', nothing) },
  );
}

export const sequences = (kinds: number, batches: number): fc.Arbitrary<Sequence> =>
  fc.record({
    era: fc.constantFrom('legacy', 'modern'),
    forms: rarely(3),
    commands: fc.array(command(kinds, batches), { minLength: 1, maxLength: 14, size: 'max' }),
  });
