import { lstatSync } from 'node:fs';
import { appPage, drawing, type PartCall, type Period, type Written } from '../app-page.ts';
import { readConfig } from '../config/config.ts';
import type { JsonObject } from '../json.ts';
import { openKeptPayments } from '../kept-payments.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { isMoment } from '../operations/inputs.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { openSoleUpstream } from '../upstream.ts';
import { csvTable, forPeople } from '../workflows/exports/csv.ts';
import { type Environment, explained, type Printed, refused, replaceFile } from './output.ts';
import { openServices, readParts } from './report-reading.ts';

const USAGE = `Usage: leaddyno-mcp report --out FILE|- [--month YYYY-MM | --since DAY --until DAY] [--due-by DAY]
                           [--format html|csv|json] [--open] [options of the server]

Writes what needs you, how the programme goes, who brings it forward and what is to be paid into one file, for whoever
has no host that draws it. It only reads.
  --out FILE        the file; - writes it to standard output
  --month YYYY-MM   that month (UTC), and what is due by its end; without it, this month and what is due now
  --since DAY       from the start of that day (YYYY-MM-DD, UTC) instead of a month
  --until DAY       to the end of that day, and what is due by then; default: today, and what is due now
  --due-by DAY      what is due by the end of that day, or by a UTC timestamp
  --format FORMAT   html (the page, the default), csv (one table), json (the results of the tools, as they are)
  --open            opens the file afterwards
What is remembered as paid is read from --audit-log or --redis, if the server has them.
It holds names, payout addresses and amounts; --mask-pii writes pseudonyms instead.
Exit codes: 0 written, 1 not written, 2 asked wrongly, 3 written, but not everything could be read.
`;

/** Shown if payments are not remembered in an audit log or Redis: a server's own memory is not available here. */
const NOT_KNOWN =
  "This report does not know what was paid through a server while LeadDyno still shows it as unpaid: give it the server's --audit-log or --redis.";

interface Surroundings {
  readonly env: Environment;
  /** Shows progress to the person who waits. */
  readonly tell: (line: string) => void;
  /** Opens a file in its default program. */
  readonly open: (path: string) => void;
}

/** `leaddyno-mcp report --out FILE`: the page that hosts draw, as a file. */
export async function runReportCommand(args: readonly string[], { env, tell, open }: Surroundings): Promise<Printed> {
  const madeAt = new Date().toISOString();
  const { options, rest } = takeReportOptions(args, madeAt.slice(0, 10));
  const invocation = readConfig(rest, env);
  if (invocation.run === 'refuse') return refused(invocation.message);
  if (invocation.run !== 'serve') return explained(USAGE);
  if ('wrong' in options) return refused(`${options.wrong}\n${USAGE.trimEnd()}`);
  const { out, period, dueBy, format } = options;
  if (out !== '-' && isTaken(out))
    return refused(`${out} is not a regular file: a report contains people's data and goes into its own file.`);
  const { config } = invocation;
  const upstream = await openSoleUpstream(config);
  const kept = await openKeptPayments(config);
  try {
    const services = openServices(config, upstream.url, upstream.key, kept?.payments);
    const { callsFor } = await drawing();
    const calls = callsFor(period, madeAt.slice(0, 10), dueBy === undefined ? {} : { due_by: dueBy });
    try {
      // First: if the remembered payments cannot be read, nobody should pay from this report.
      await kept?.payments.find(services.account, ['any']);
      const { parts, missing } = await readParts(calls, services, tell);
      const payouts = { ...parts.payouts, ...(!kept && { paid_before_note: NOT_KNOWN }) };
      const written = { parts: { ...parts, payouts }, period, made_at: madeAt };
      const text = await writtenAs(format, written, calls);
      if (out !== '-') replaceFile(out, text);
      if (options.open) open(out);
      const said = [
        ...(out === '-' ? [] : [`Written to ${out}.`]),
        "It holds your affiliates' data: share it with care.",
        ...(kept ? [] : [NOT_KNOWN]),
        ...missing.map((what) => `Not in it: ${what}.`),
      ];
      return { code: missing.length > 0 ? 3 : 0, out: out === '-' ? text : '', error: `${said.join(' ')}\n` };
    } finally {
      await services.client.close();
    }
  } catch (error) {
    const why = isUnavailable(error) ? `what was paid before is not known (${error.message})` : undefined;
    if (why === undefined && !(error instanceof LeadDynoError)) throw error;
    return { code: 1, out: '', error: `Nothing was written: ${why ?? (error as LeadDynoError).message}.\n` };
  } finally {
    await kept?.close();
    await upstream.close();
  }
}

/** Whether the path is something that a report must not replace: a folder, a link, a device. */
const isTaken = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === false;

async function writtenAs(format: Format, written: Written, calls: readonly PartCall[]): Promise<string> {
  const { drawFile, rowsOf, COLUMNS } = await drawing();
  if (format === 'csv') return forPeople(csvTable(COLUMNS, rowsOf(written)));
  if (format === 'html') return drawFile(await appPage(), written);
  const { parts, period, made_at } = written;
  const results = calls.flatMap(({ part, tool, args }) => {
    const result = parts[part];
    return result ? [{ part, tool, arguments: args, result: asTold(result) }] : [];
  });
  return `${JSON.stringify({ made_at, period, results }, null, 2)}\n`;
}

/** A result as its tool returns it, but with every line. */
function asTold({ page, ...result }: JsonObject): JsonObject {
  const lines = typeof page === 'object' && page !== null && 'lines' in page ? page.lines : undefined;
  return lines === undefined ? result : { ...result, lines };
}

/** The options of `report`. */
interface ReportOptions {
  readonly out: string;
  readonly format: Format;
  readonly open: boolean;
  readonly period: Period;
  /** The date by which commissions are due; undefined: now. */
  readonly dueBy: string | undefined;
}

const FORMATS = ['html', 'csv', 'json'] as const;
type Format = (typeof FORMATS)[number];

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
function takeReportOptions(
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
