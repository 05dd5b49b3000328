import type { FieldReport } from './answers.ts';
import type { Examination, Finding, KeyReport, OperationSeen, Report } from './examine.ts';

/** Where codes such as A15 and 4.6 are explained. */
const REFERENCE = 'docs/leaddyno-api.md';

/** Something that is not as the server would want it, and how the server handles it. */
export interface Difference {
  readonly what: string;
  readonly so: string;
  /** Whether users of the tools have to know about it. */
  readonly matters: boolean;
}

/** The summary of a report. */
export interface Verdict {
  /** Null: nothing is known about the key. */
  readonly key_works: boolean | null;
  readonly differences: readonly Difference[];
  /** The number of points, and why some of them could not be answered. */
  readonly points: number;
  readonly not_told: readonly string[];
  readonly next: readonly string[];
}

/**
 * @param saves whether the findings are already being saved
 */
export function judge(report: Report, saves = false): Verdict {
  const { key, examination } = report;
  const differences = examination ? differencesIn(examination) : [];
  const untold = examination ? untoldIn(examination) : [];
  return {
    key_works: key.transport !== null || (key.unanswered || key.foreign ? null : false),
    differences,
    points: examination ? examination.findings.length + examination.operations.length : 0,
    not_told: untold,
    next: examination ? adviceOn(report, differences, saves) : [adviceOnKey(key, report.base_url)],
  };
}

function differencesIn({ findings, operations, fields, clockAheadSeconds: ahead }: Examination): Difference[] {
  const points = findings.flatMap(({ question, found, expected, verdict, so, matters = false }) => {
    if (so === undefined) return [];
    const documented = verdict === 'differs' ? ` (documented: ${expected})` : '';
    return [{ what: `${question}: ${found}${documented}`, so, matters }];
  });
  const failed = operations
    .filter(({ operation, ok, untold }) => {
      const isTold = findings.some(({ question, so }) => so !== undefined && question.includes(`${operation} `));
      return !ok && !untold && !isTold;
    })
    .map(({ operation, answer }) => ({
      what: `${operation}: ${answer}`,
      so: 'This tool, and tools that use it, fail with a clear message or say what is missing.',
      matters: true,
    }));
  return [...clockOff(ahead), ...points, ...failed, ...fields.flatMap(fieldsOff)].sort(
    (a, b) => Number(b.matters) - Number(a.matters),
  );
}

/** Seconds of difference that do not matter. */
const CLOCK_TOLERANCE = 60;

function clockOff(ahead: number | undefined): Difference[] {
  if (ahead === undefined || Math.abs(ahead) <= CLOCK_TOLERANCE) return [];
  const so = "This machine's clock decides what is due: correct it.";
  return [{ what: `The clock: ${clockLine(ahead)}`, so, matters: true }];
}

/** Fields that decide how much is paid, or to whom. */
const MONEY: Readonly<Partial<Record<FieldReport['record'], readonly string[]>>> = {
  affiliate: ['id', 'email', 'status', 'paypal_email'],
  commission: ['id', 'amount', 'currency', 'due_at', 'paid', 'cancelled', 'affiliate', 'purchase'],
  purchase: ['id', 'purchase_code', 'purchase_amount', 'currency', 'cancelled', 'affiliate'],
};

function fieldsOff({ record, missing, other }: FieldReport): Difference[] {
  const odd = [...missing.map((name) => ({ name, told: `${name} is missing` })), ...other.map(named)];
  const [money, rest] = [true, false].map((matters) =>
    odd.filter(({ name }) => (MONEY[record]?.includes(name) ?? false) === matters).map(({ told }) => told),
  );
  const list = (told: readonly string[] = []) => `Fields of a ${record}: ${told.join(', ')}`;
  return [
    ...(money?.length
      ? [{ what: list(money), so: 'Payouts depend on it: check each line of payout_report first.', matters: true }]
      : []),
    ...(rest?.length ? [{ what: list(rest), so: 'Fields are shown as LeadDyno sends them.', matters: false }] : []),
  ];
}

const named = (told: string) => ({ name: told.slice(0, told.indexOf(' ')), told });

/** Each point that could not be answered, with the reason. */
const untoldIn = ({ findings, operations }: Examination): string[] => [
  ...findings.filter(({ verdict }) => verdict === 'open').map(({ question, found }) => `${question}: ${found}`),
  ...operations.filter(({ untold }) => untold).map(({ operation, answer }) => `${operation}: ${answer}`),
];

function adviceOn({ sandbox }: Report, differences: readonly Difference[], saves: boolean): string[] {
  if (sandbox) return ['This was the simulation. Run doctor with your key to check your account.'];
  const differing = differences.length > 0;
  return [
    ...(differing
      ? ['Please report the differences with the output of leaddyno-mcp doctor --json: it contains no personal data.']
      : []),
    ...(saves ? [] : ['Save the findings with --save, so that the server need not find them out at each start.']),
    'To set up a host: leaddyno-mcp config.',
  ];
}

function adviceOnKey({ header, query, unanswered, foreign }: KeyReport, address: string): string {
  const copy = 'Copy the private key again (in LeadDyno: Account, Profile; not the public key of the tracking script).';
  if (unanswered)
    return 'LeadDyno could not be reached or is down: this says nothing about the key. Check the network (HTTPS_PROXY is used) and --base-url, and try again in a few minutes.';
  if (!foreign) return `LeadDyno did not accept the key. ${copy}`;
  const refused = [header, query].some((answer) => /answered 40[13]/.test(answer));
  return `What answered at ${address} does not look like LeadDyno's API. Check --base-url (LEADDYNO_BASE_URL) and whether a proxy or network sign-in page is in between. ${refused ? `If both are right: ${copy}` : 'This says nothing about the key.'}`;
}

/**
 * The report for people: the verdict in three lines, what to do next, what differs; with `verbose` also each call,
 * point and field. No line is longer than `COLUMNS`.
 */
export function renderReport(report: Report, { saves = false, verbose = false } = {}): string {
  const { examination } = report;
  const verdict = judge(report, saves);
  const { differences, next } = verdict;
  const where = report.sandbox ? 'the simulated LeadDyno (--sandbox)' : report.base_url;
  return `${[
    ...verdictLines(report, verdict).flatMap((line) => wrap(line)),
    '',
    ...next.flatMap((line, index) => wrap(line, index === 0 ? 'Next: ' : '      ', '      ')),
    ...(differences.length > 0 ? ['', 'What differs, and what the server does about it'] : []),
    ...differences.flatMap(({ what, so, matters }) => [
      ...wrap(what, matters ? '  matters  ' : '  copes    ', ' '.repeat(11)),
      ...wrap(so, ' '.repeat(11)),
    ]),
    ...(examination && verbose ? ['', ...details(examination, report)] : []),
    '',
    ...wrap(
      `Asked: ${where}. Nothing was changed. leaddyno-mcp ${report.version}, Node ${report.node}, ${report.checked_at}.${examination && !verbose ? ' For every call and point: --verbose.' : ''}`,
    ),
  ].join('\n')}\n`;
}

function verdictLines({ key, examination, sandbox }: Report, { differences, points, not_told }: Verdict): string[] {
  if (!examination) {
    return [
      keyLine(key),
      'Differences: could not be checked.',
      'Not known: everything but the key, which is checked first.',
    ];
  }
  const matter = differences.filter(({ matters }) => matters).length;
  const copes = differences.length - matter;
  const small = copes === 0 ? '' : ` The server handles ${copes} that ${copes === 1 ? 'does' : 'do'} not matter.`;
  const reasons = new Map<string, number>();
  for (const told of not_told) {
    const why = told.slice(told.lastIndexOf(': ') + 2);
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  const [often] = [...reasons].sort(([, a], [, b]) => b - a);
  return [
    sandbox ? 'No key was tried: the simulation needs none.' : keyLine(key),
    matter === 0
      ? `Differences that matter: none.${small}`
      : `Differences that matter: ${matter}, listed below with what the server does about each.${small}`,
    often === undefined
      ? 'Not known: nothing; all points were answered.'
      : `Not known: ${not_told.length} of ${points} points, mostly: ${often[0]}.`,
  ];
}

function keyLine({ header, query, transport, unanswered, foreign }: KeyReport): string {
  if (transport === 'header') return 'Your key works: LeadDyno accepts it as a request header.';
  if (transport === 'query') return `Your key works: LeadDyno accepts it in the query (as a header: ${header}).`;
  const found = unanswered || foreign ? 'could not be tried' : 'does not work';
  return `Your key ${found} (header: ${header}; query: ${query}).`;
}

const VERDICTS: Record<Finding['verdict'], string> = {
  differs: 'DIFFERS',
  settled: 'found',
  as_documented: 'ok',
  open: 'open',
};

function details({ operations, findings, fields, ...connection }: Examination, report: Report): string[] {
  const failed = operations.filter(({ ok }) => !ok).length;
  return [
    'Connection',
    ...table(connectionRows(connection, report)),
    '',
    `Read operations: ${operations.length}, of which ${failed} failed or could not be called`,
    ...table(operations.map(operationRow)),
    '',
    `Points of the API reference (the codes are those of ${REFERENCE})`,
    ...table(sorted(findings).map(findingRow)),
    '',
    'Fields of the records, compared with the documentation',
    ...table(fields.map(fieldRow)),
  ];
}

const clockLine = (ahead: number) =>
  `this machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} LeadDyno`;

function connectionRows(
  {
    clockAheadSeconds: ahead,
    timing,
    limitHeaders,
  }: Pick<Examination, 'clockAheadSeconds' | 'timing' | 'limitHeaders'>,
  { key, rate_limit: limit }: Report,
): string[][] {
  const near = ahead !== undefined && Math.abs(ahead) <= 2;
  const pace =
    limit === 0
      ? 'no limit (--rate-limit 0)'
      : `${Math.min(timing.calls, limit)} of ${limit} requests used this minute`;
  const headers =
    limitHeaders.length === 0 ? 'LeadDyno sends no headers about limits' : `headers: ${limitHeaders.join(', ')}`;
  return [
    ['key', `header: ${key.header}, query: ${key.query}`],
    ['clock', ahead === undefined ? 'LeadDyno sends no date' : near ? 'agrees with LeadDyno' : clockLine(ahead)],
    ['speed', `${timing.calls} calls, median ${timing.medianMs} ms, slowest ${timing.slowestMs} ms`],
    ['pace', `${pace}; ${headers}`],
  ];
}

const operationRow = ({ ok, operation, status, ms, answer }: OperationSeen): string[] => [
  ok ? 'ok' : 'FAILED',
  operation,
  status === undefined ? '' : String(status),
  `${ms} ms`,
  answer,
];

const ORDER: readonly Finding['verdict'][] = ['differs', 'settled', 'as_documented', 'open'];
const sorted = (findings: readonly Finding[]) =>
  [...findings].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));

const findingRow = ({ verdict, point, question, expected, found }: Finding): string[] => [
  VERDICTS[verdict],
  point,
  `${question}: ${found}${verdict === 'differs' || verdict === 'settled' ? ` (documented: ${expected})` : ''}`,
];

function fieldRow({ record, seen, missing, extra, other, settled }: FieldReport): string[] {
  const parts = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(other.length > 0 ? [`other type: ${other.join(', ')}`] : []),
    ...(extra.length > 0 ? [`not documented: ${extra.join(', ')}`] : []),
    ...(settled.length > 0 ? [`type was unknown: ${settled.join(', ')}`] : []),
  ];
  return [record, `${seen} seen`, seen === 0 ? 'none to look at' : parts.join('; ') || 'as documented'];
}

/** Characters per line that fit most terminals. */
const COLUMNS = 100;

/** Wraps a sentence; breaks words that are too long for a line. */
function wrap(text: string, first = '', others = first): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text
    .split(' ')
    .flatMap((one) => one.match(new RegExp(`.{1,${COLUMNS - others.length}}`, 'gu')) ?? [])) {
    const isStart = line === (lines.length === 0 ? first : others);
    if (!isStart && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = others + word;
    } else line += isStart ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** Aligns cells in columns and wraps the last column. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.slice(0, -1).entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.flatMap((row) => {
    const before = `  ${row
      .slice(0, -1)
      .map((cell, index) => `${cell.padEnd(widths[index] ?? 0)}  `)
      .join('')}`;
    return wrap(row.at(-1) ?? '', before, ' '.repeat(before.length));
  });
}
