import type { Doubt, PassFacts } from './evidence.ts';

/** What is known about a list that was read, or is being read. */
export interface Coverage {
  /** The name of the list, in the plural. */
  readonly name: string;
  readonly records: number;
  /** How many LeadDyno says there are. */
  readonly count: number | undefined;
  readonly pass: PassFacts;
  /** How often the list was read. */
  readonly passes: number;
  /** Why it may be incomplete although it was read to its end. */
  readonly doubt?: Doubt | undefined;
  /** Why it was not read to its end, as part of a sentence. The two fields below are used only with this one. */
  readonly stopped?: string;
  readonly pagesInAll?: number | undefined;
  /** Whether it was read once already and is now being read again as a check. */
  readonly isChecking?: boolean;
}

const say = (number: number) => number.toLocaleString('en-US');

/** One sentence: `1,200 of 1,200 purchases, complete`. */
export function describeCoverage(coverage: Coverage): string {
  return coverage.stopped === undefined ? describeEnd(coverage) : describeStop(coverage);
}

function describeStop({ name, records, count, pass, stopped, pagesInAll, isChecking }: Coverage): string {
  const of = count === undefined ? '' : ` of ${say(count)}`;
  const all = pagesInAll === undefined ? '' : ` of ${say(pagesInAll)}`;
  const checking = isChecking ? ', read once, not yet checked' : '';
  return `${say(records)}${of} ${name}${checking}: ${stopped} after ${say(pass.pages)}${all} pages`;
}

function describeEnd({ name, records, count, pass, passes, doubt }: Coverage): string {
  const read = `${say(records)}${count === undefined || count < records ? '' : ` of ${say(count)}`} ${name}`;
  switch (doubt) {
    case undefined:
      if (count === records) return `${read}, complete${asides(pass)}`;
      return `${say(records)} ${name}, to the end of the list${count === undefined ? '' : ` (LeadDyno counts ${say(count)})`}${asides(pass)}`;
    case 'moved':
      return `${read}: rows moved or disappeared each time the list was read (${passes} times), so some may be missing${asides(pass)}`;
    case 'repeats':
      return `${read}: LeadDyno sends the same page for different page numbers, so no more can be read`;
    case 'holes':
      return `${read}: LeadDyno sent empty pages in between, so some may be missing`;
    case 'no_records':
      return `${read}: some of what LeadDyno lists are not records${asides(pass)}`;
    case 'counts_more':
      return `${say(records)} ${name}: LeadDyno counts ${say(count ?? 0)} but lists no more${asides(pass)}`;
  }
}

function asides({ moved, unreadable, repeats }: PassFacts): string {
  const said = [
    ...(moved > 0 && !repeats ? [`${say(moved)} rows moved between pages during reading and are counted once`] : []),
    ...(unreadable > 0 ? [`${say(unreadable)} rows that are not records were left out`] : []),
  ];
  return said.length === 0 ? '' : `; ${said.join('; ')}`;
}
