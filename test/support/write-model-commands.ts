import fc from 'fast-check';
import { type Fault, faults } from './write-model-faults.ts';

/** What a person does with a form; `meddled` and `late` say yes after the record has changed, or too late. */
export type FormAnswer = 'yes' | 'no' | 'unticked' | 'meddled' | 'late';

/** Somebody else changes a record. */
export interface Meddling {
  readonly what: 'last name' | 'archive' | 'amount' | 'paid';
  readonly pick: number;
  readonly value: number;
}

/** How a call goes, whatever it is. */
export interface Course {
  readonly faults: readonly (Fault | null)[];
  readonly readsDown: boolean;
  /** The caller gives up once LeadDyno has carried it out, before the answer comes. */
  readonly givesUp: boolean;
  readonly answer: FormAnswer;
  readonly meddling: Meddling;
}

/** What happens next to the latest question: most of what can go wrong with one lies right behind it. */
export type Next = How | 'meddle' | 'wait' | 'restart';
export type How = 'as given' | 'otherwise' | 'at once';

/** Numbers pick from what there is, so that a command means something in every state, and shrinks to a smaller one. */
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

/** What a client does with a programme, and what befalls it meanwhile. */
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
