import type { Period } from '../app-page.ts';
import { isMoment } from '../operations/inputs.ts';

/** The options of `report`. */
export interface ReportOptions {
  readonly out: string;
  readonly format: Format;
  readonly open: boolean;
  readonly period: Period;
  /** The date by which commissions are due; undefined: now. */
  readonly dueBy: string | undefined;
}

export const FORMATS = ['html', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const isDay = (text: string) => DAY.test(text) && isMoment(text);
const isMonth = (text: string) => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);

/** The last day of a month. */
const lastDayOf = (month: string) =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).toISOString().slice(0, 10);

/**
 * Separates the options of this command from those of the server.
 * @param today a day, UTC
 * @returns the options or what is wrong with them, and the remaining arguments
 */
export function takeReportOptions(
  args: readonly string[],
  today: string,
): { readonly options: ReportOptions | { readonly wrong: string }; readonly rest: readonly string[] } {
  const left = [...args];
  const [out, month, since, until, due, format] = [
    '--out',
    '--month',
    '--since',
    '--until',
    '--due-by',
    '--format',
  ].map((option) => takeOption(left, option));
  const open = takeSwitch(left, '--open');
  const wrong = whatIsWrong({ out, month, since, until, due, format, open, today });
  if (wrong !== undefined) return { options: { wrong }, rest: left };
  const period: Period =
    since === undefined
      ? { kind: 'month', month: month ?? today.slice(0, 7) }
      : { kind: 'days', since, until: until ?? today };
  const end = month === undefined ? until : lastDayOf(month);
  return {
    options: { out: out ?? '', format: (format ?? 'html') as Format, open, period, dueBy: due ?? end },
    rest: left,
  };
}

interface Given {
  readonly out: string | undefined;
  readonly month: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly due: string | undefined;
  readonly format: string | undefined;
  readonly open: boolean;
  readonly today: string;
}

function whatIsWrong({ out, month, since, until, due, format, open, today }: Given): string | undefined {
  if (!out) return 'Name the file to write.';
  if (open && out === '-') return '--open needs a file: it goes with no --out -.';
  if (month !== undefined && !isMonth(month)) return '--month must be a month (YYYY-MM).';
  if (month !== undefined && month > today.slice(0, 7)) return '--month has not begun yet.';
  if (month !== undefined && (since ?? until) !== undefined) return 'Give either --month, or --since and --until.';
  if (since !== undefined && !isDay(since)) return '--since must be a day (YYYY-MM-DD).';
  if (until !== undefined && !isDay(until)) return '--until must be a day (YYYY-MM-DD).';
  if (until !== undefined && since === undefined) return '--until needs --since.';
  if (since !== undefined && since > today) return '--since lies in the future.';
  if (since !== undefined && until !== undefined && until < since) return '--until must not be before --since.';
  if (due !== undefined && !isMoment(due)) return '--due-by must be a day (YYYY-MM-DD) or a UTC timestamp.';
  if (format !== undefined && !FORMATS.some((one) => one === format)) return `--format must be ${FORMATS.join(', ')}.`;
  return undefined;
}

/** Removes an option from `args`. @returns its value, '' if it was given without one, undefined if it was not given */
function takeOption(args: string[], option: string): string | undefined {
  const at = args.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  if (at === -1) return undefined;
  const [flag = '', next] = args.splice(at, args[at] === option ? 2 : 1);
  return ((flag === option ? next : flag.slice(option.length + 1)) ?? '').trim();
}

function takeSwitch(args: string[], option: string): boolean {
  const at = args.indexOf(option);
  if (at !== -1) args.splice(at, 1);
  return at !== -1;
}
