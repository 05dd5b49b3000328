import { count, type Data, drawn, money, personOf, rowsAt, textAt } from './data.ts';
import { choices, el, notices, sortableTable, sources } from './elements.ts';

/** Whether a result is a payout report. */
export const isPayoutReport = (data: Data): boolean => Array.isArray(data.lines) && 'due_by' in data;

const STATES = { all: 'All', ready: 'Ready', held: 'Held back' };

/** What is owed: totals per currency, and a line for each affiliate. */
export function payoutReport(data: Data): HTMLElement {
  const lines = rowsAt(data, 'lines');
  const totals = rowsAt(data, 'totals');
  const partial = rowsAt(data, 'partial_totals');
  const list = el('div', { class: 'panel' });
  const linesOf = (state: string) => (state === 'all' ? lines : lines.filter((line) => line.state === state));
  const show = (state: string) => {
    const shown = linesOf(state);
    list.replaceChildren(
      el(
        'div',
        {},
        el('h2', {}, state === 'all' ? 'Everybody' : state === 'ready' ? 'Ready to pay' : 'Held back'),
        shown.length === 0 ? el('p', { class: 'quiet' }, 'Nobody.') : lineTable(shown),
        leftOff(data),
      ),
    );
  };
  show('all');
  const options = Object.entries(STATES).map(([value, name]) => ({
    value,
    text: `${name} (${linesOf(value).length})`,
  }));
  return el(
    'main',
    {},
    el(
      'header',
      {},
      el('h1', {}, 'Payout report'),
      el('p', { class: 'quiet' }, `Due by ${textAt(data, 'due_by').slice(0, 19).replace('T', ' ')} UTC, inclusive`),
    ),
    notices(data),
    paidBefore(data),
    el(
      'section',
      { class: 'cards', 'aria-label': 'Totals' },
      ...(partial.length > 0 ? partial : totals).map(totalCard),
    ),
    choices('Which lines', options, 'all', show),
    list,
    unmarkable(data),
    files(data),
    sources(data),
  );
}

/** That a report does not know what was paid before. */
function paidBefore(data: Data): HTMLElement | undefined {
  const note = textAt(data, 'paid_before_note');
  return note === '' ? undefined : el('p', { class: 'panel notice', role: 'note' }, note);
}

function totalCard(total: Data): HTMLElement {
  const { currency } = total;
  return el(
    'div',
    { class: 'panel card' },
    el('span', { class: 'quiet' }, `Ready in ${textAt(total, 'currency')}`),
    el('b', {}, money(total.ready, currency)),
    el(
      'span',
      { class: 'quiet' },
      `${count(total.ready_lines)} affiliates; to mark in LeadDyno ${money(total.unmarkable_here, currency)}; held back ${money(total.held, currency)}`,
    ),
  );
}

function lineTable(lines: readonly Data[]): HTMLElement {
  return sortableTable<Data>(
    'Payouts',
    [
      { name: 'Affiliate', cell: personOf, by: personOf },
      { name: 'Pay to', cell: payToOf },
      {
        name: 'Amount',
        figure: true,
        cell: (line) => money(line.amount, line.currency),
        by: (line) => drawn(line.amount),
      },
      {
        name: 'Commissions',
        figure: true,
        cell: (line) => count(line.commissions),
        by: (line) => drawn(line.commissions),
      },
      { name: 'State', cell: stateOf, by: (line) => textAt(line, 'state') },
    ],
    lines,
  );
}

/** The address that is paid; the e-mail stands in for one that is not set, as LeadDyno does it. */
function payToOf(line: Data): string | HTMLElement {
  const address = textAt(line, 'pay_to');
  if (address === '') return el('span', { class: 'bad' }, textAt(line, 'paypal_email') || 'no address');
  return line.pay_to_is_default === true ? `${address} (e-mail: no PayPal address set)` : address;
}

/** What is payable and settle_payouts cannot mark: in no line. */
function unmarkable(data: Data): HTMLElement | undefined {
  const parts = rowsAt(data, 'unmarkable_here');
  if (parts.length === 0) return undefined;
  const left = typeof data.unmarkable_here_left_off === 'number' ? data.unmarkable_here_left_off : 0;
  return el(
    'section',
    { class: 'panel', 'aria-label': 'To mark in LeadDyno' },
    el('h2', {}, `To be marked in LeadDyno (${count(parts.length + left)})`),
    el('p', { class: 'quiet' }, 'Pay these separately and mark them in LeadDyno itself.'),
    ...parts.map((part) =>
      el(
        'p',
        {},
        `${personOf(part)}: ${money(part.amount, part.currency)} `,
        el('span', { class: 'warn' }, textAt(part, 'reason')),
      ),
    ),
  );
}

function stateOf(line: Data): HTMLElement {
  if (line.state === 'ready') return el('span', { class: 'good' }, 'ready');
  const reasons = Array.isArray(line.reasons) ? line.reasons.map(String) : [];
  const said = reasons.join(', ');
  return el('span', { class: 'warn' }, said === '' ? 'held' : `held: ${said}`);
}

function leftOff(data: Data): HTMLElement | undefined {
  return typeof data.left_off === 'number' && data.left_off > 0
    ? el('p', { class: 'quiet' }, `${count(data.left_off)} more lines are in the files.`)
    : undefined;
}

function files(data: Data): HTMLElement | undefined {
  const kept = rowsAt(data, 'files');
  if (kept.length === 0) return undefined;
  return el(
    'section',
    { class: 'panel links', 'aria-label': 'Files' },
    el('h2', {}, 'Files'),
    ...kept.map((file) =>
      el(
        'p',
        {},
        `${textAt(file, 'name')} `,
        el(
          'span',
          { class: 'quiet' },
          `${textAt(file, 'uri')}, until ${textAt(file, 'expires_at').slice(0, 16).replace('T', ' ')} UTC`,
        ),
      ),
    ),
  );
}
