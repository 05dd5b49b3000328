import type { Examination, Finding, KeyReport, Report } from './examine.ts';
import type { FieldReport } from './shapes.ts';

const VERDICTS: Record<Finding['verdict'], string> = {
  differs: 'DIFFERS',
  settled: 'found',
  as_documented: 'ok',
  open: 'open',
};

/**
 * The report as a person reads it.
 * @param saves whether what was found is being saved already
 */
export function renderReport(report: Report, saves = false): string {
  const { examination } = report;
  const lines = [
    `leaddyno-mcp ${report.version} doctor, ${report.checked_at}, Node ${report.node}`,
    `Asked: ${report.sandbox ? 'the simulated LeadDyno (--sandbox)' : report.base_url}. Nothing was changed.`,
    '',
    'Connection',
    ...table([['key', keyLine(report.key)], ...(examination ? connectionRows(examination, report.rate_limit) : [])]),
  ];
  if (!examination) return `${lines.join('\n')}\n\n${advice(report, saves)}\n`;
  const failed = examination.operations.filter(({ ok }) => !ok).length;
  return `${[
    ...lines,
    '',
    `Reading operations: ${examination.operations.length}, of which ${failed} failed or could not be asked`,
    ...table(
      examination.operations.map(({ ok, operation, status, ms, answer }) => [
        ok ? 'ok' : 'FAILED',
        operation,
        status === undefined ? '' : String(status),
        `${ms} ms`,
        answer,
      ]),
    ),
    '',
    'Points of the API reference',
    ...table(sorted(examination.findings).map(findingRow)),
    '',
    'Fields of the records, compared with the documentation',
    ...table(examination.fields.map(fieldRow)),
    '',
    advice(report, saves),
  ].join('\n')}\n`;
}

function keyLine({ header, query, transport, unanswered, foreign }: KeyReport): string {
  if (transport === null && (unanswered || foreign))
    return `could not be tried: as a header ${header}, in the query ${query}`;
  if (transport === null) return `not accepted: as a header ${header}, in the query ${query}`;
  return `accepted; the server sends it ${transport === 'header' ? 'as a header' : 'in the query'} (header: ${header}, query: ${query})`;
}

function connectionRows({ clockAheadSeconds: ahead, timing, limitHeaders }: Examination, limit: number): string[][] {
  const clock =
    ahead === undefined
      ? 'LeadDyno sends no date'
      : Math.abs(ahead) <= 2
        ? 'agrees with LeadDyno'
        : `this machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} LeadDyno`;
  const pace =
    limit === 0
      ? 'no limit is kept (--rate-limit 0)'
      : `${Math.min(timing.calls, limit)} of ${limit} requests of this minute used`;
  const headers =
    limitHeaders.length === 0 ? 'LeadDyno sends no headers about limits' : `headers: ${limitHeaders.join(', ')}`;
  return [
    ['clock', clock],
    ['speed', `${timing.calls} calls, median ${timing.medianMs} ms, slowest ${timing.slowestMs} ms`],
    ['pace', `${pace}; ${headers}`],
  ];
}

const ORDER: readonly Finding['verdict'][] = ['differs', 'settled', 'as_documented', 'open'];
const sorted = (findings: readonly Finding[]) =>
  [...findings].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));

const findingRow = ({ verdict, point, question, expected, found }: Finding): string[] => [
  VERDICTS[verdict],
  point,
  question,
  found,
  verdict === 'differs' || verdict === 'settled' ? `(reference: ${expected})` : '',
];

function fieldRow({ record, seen, missing, extra, other, settled }: FieldReport): string[] {
  const parts = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(other.length > 0 ? [`other type: ${other.join(', ')}`] : []),
    ...(extra.length > 0 ? [`not documented: ${extra.join(', ')}`] : []),
    ...(settled.length > 0 ? [`type was open: ${settled.join(', ')}`] : []),
  ];
  return [record, `${seen} seen`, seen === 0 ? 'none to look at' : parts.join('; ') || 'as documented'];
}

function advice({ examination, key, sandbox, base_url }: Report, saves: boolean): string {
  if (!examination) return adviceOnKey(key, base_url);
  const differing = examination.findings.filter(({ verdict }) => verdict === 'differs').length;
  const failed = examination.operations.filter(({ ok }) => !ok).length;
  if (sandbox) return 'This was the simulation. Run it with your key to learn about your account.';
  const save = saves ? '' : ' Save what was found with --save.';
  if (differing + failed === 0) return `Everything is as this server assumes.${save}`;
  return `${differing} points differ and ${failed} operations failed. The tools cope with most of that; please report it with the output of leaddyno-mcp doctor --json, which holds nobody's data.${save}`;
}

function adviceOnKey({ header, query, unanswered, foreign }: KeyReport, address: string): string {
  const copy =
    'Copy the private key once more (in LeadDyno: Account, Profile; not the public key of the tracking script).';
  if (unanswered)
    return 'LeadDyno could not be reached, or is out of order: this says nothing about the key. Check the network (HTTPS_PROXY is honoured) and --base-url, and try again in a few minutes.';
  if (!foreign) return `LeadDyno did not take the key. ${copy}`;
  const refused = [header, query].some((answer) => /answered 40[13]/.test(answer));
  return `What answered at ${address} does not look like LeadDyno's API. Check --base-url (LEADDYNO_BASE_URL) and whether a proxy or a sign-in page of the network stands in between. ${refused ? `If both are right: ${copy}` : 'This says nothing about the key.'}`;
}

/** Cells in columns, the last one as long as it is. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, Math.min(cell.length, 60));
  }
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd()}`,
  );
}
