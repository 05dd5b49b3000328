import { type Child, el } from './elements.ts';

export interface Column<Row> {
  readonly name: string;
  readonly figure?: boolean;
  readonly cell: (row: Row) => Child;
  /** What the column sorts by; absent: it does not sort. */
  readonly by?: (row: Row) => number | string;
}

/** A table that sorts by its headings; on a narrow screen each row becomes a small card. */
export function sortableTable<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): HTMLTableElement {
  const body = el('tbody');
  const heads = columns.map((column) => {
    const head = el('th', { scope: 'col', class: column.figure ? 'figure' : undefined });
    if (!column.by) head.append(column.name);
    else {
      const button = el('button', { type: 'button' }, column.name);
      button.addEventListener('click', () => sort(column, head));
      head.append(button);
    }
    return head;
  });

  function fill(shown: readonly Row[]): void {
    body.replaceChildren(
      ...shown.map((row) =>
        el(
          'tr',
          {},
          ...columns.map(({ name, figure, cell }, index) =>
            index === 0
              ? el('th', { scope: 'row' }, cell(row))
              : el('td', { class: figure ? 'figure' : undefined, 'data-name': name }, cell(row)),
          ),
        ),
      ),
    );
  }

  function sort({ by, figure }: Column<Row>, head: HTMLTableCellElement): void {
    if (!by) return;
    const now = head.getAttribute('aria-sort');
    const direction = now === null ? (figure ? -1 : 1) : now === 'ascending' ? -1 : 1;
    for (const other of heads) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', direction === 1 ? 'ascending' : 'descending');
    fill([...rows].sort((a, b) => direction * compare(by(a), by(b))));
  }

  fill(rows);
  return el('table', { class: 'stack', 'aria-label': title }, el('thead', {}, el('tr', {}, ...heads)), body);
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}
