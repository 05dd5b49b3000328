import { appendFileSync, readFileSync } from 'node:fs';

/*
 * What a soak run tested. Each part notes its figures after all of it has passed; `scripts/soak.ts` prints them in one
 * line at the end.
 */

const PARTS = ['faults', 'sequences', 'kills', 'calls', 'requests'] as const;
export type SoakPart = (typeof PARTS)[number];

interface Noted {
  readonly part: SoakPart;
  readonly count: number;
  /** What `count` comes from; shown in parentheses after it. */
  readonly of?: string;
}

/** Notes what one test has checked, for the line at the end; does nothing outside of a soak run. */
export function noteSoaked(part: SoakPart, count: number, of?: string): void {
  const file = process.env.SOAK_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ part, count, of } satisfies Noted)}\n`);
}

const WORDS: Readonly<Record<SoakPart, string>> = {
  faults: 'calls under faults',
  sequences: 'sequences of writes',
  kills: 'kills',
  calls: 'calls',
  requests: 'malformed requests',
};

/** The line at the end: what was noted in a file, part by part, and the result. */
export function soakLine(file: string, { ok, minutes }: { readonly ok: boolean; readonly minutes: number }): string {
  const noted: Noted[] = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const parts = PARTS.flatMap((part) => {
    const some = noted.filter((one) => one.part === part);
    if (some.length === 0) return [];
    const of = some.flatMap((one) => (one.of === undefined ? [] : [one.of])).join(' and ');
    const count = some.reduce((sum, one) => sum + one.count, 0).toLocaleString('en-US');
    return [`${count} ${WORDS[part]}${of === '' ? '' : ` (${of})`}`];
  });
  const missing = PARTS.filter((part) => !noted.some((one) => one.part === part));
  const isWhole = ok && missing.length === 0;
  const end = isWhole ? 'none wrong' : ['FAILED', ...missing.map((part) => `no ${WORDS[part]}`)].join(', ');
  return `soak: ${parts.join(', ') || 'nothing'}: ${end} (${Math.max(1, Math.round(minutes))} min)`;
}
