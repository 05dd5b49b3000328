import { at, type Data, textAt } from './data.ts';

/** What stands inside an element: others, and text. Text never becomes markup. */
export type Child = Node | string | number | undefined | false;

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An HTML element. Attributes that are `undefined` or `false` are left out. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill<Element extends HTMLElement | SVGElement>(
  element: Element,
  attributes: Attributes,
  children: readonly Child[],
): Element {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
    if (child !== undefined && child !== false) element.append(typeof child === 'number' ? String(child) : child);
  }
  return element;
}

/** Buttons of which one is pressed: pressing another one shows what it stands for. */
export function choices(
  title: string,
  options: readonly { readonly value: string; readonly text: string }[],
  pressed: string,
  show: (value: string) => void,
): HTMLElement {
  const buttons = options.map(({ value, text }) => {
    const button = el('button', { type: 'button', 'aria-pressed': String(value === pressed) }, text);
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      show(value);
    });
    return button;
  });
  return el('div', { class: 'choices', role: 'group', 'aria-label': title }, ...buttons);
}

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

  function refill(shown: readonly Row[]): void {
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
    refill([...rows].sort((a, b) => direction * compare(by(a), by(b))));
  }

  refill(rows);
  return el('table', { class: 'stack', 'aria-label': title }, el('thead', {}, el('tr', {}, ...heads)), body);
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

/** What has to be said before any figure: that it is not complete, or what could not be read. */
export function notices(data: Data): HTMLElement | undefined {
  const scanned = at(data, 'scanned');
  const said = Array.isArray(scanned) ? scanned.map(String) : [];
  const failed = at(data, 'could_not_read');
  const missing = typeof failed === 'object' && failed !== null ? Object.keys(failed) : [];
  if (data.complete !== false && missing.length === 0) return undefined;
  return el(
    'div',
    { class: 'panel notice', role: 'note' },
    el('b', {}, data.complete === false ? 'Not everything was read. ' : 'Some of it could not be read. '),
    [...said, ...missing.map((part) => `missing: ${part.replaceAll('_', ' ')}`)].join('; '),
    textAt(data, 'note') === '' ? undefined : el('p', {}, textAt(data, 'note')),
  );
}

/** What the figures are from, at the foot of the page. */
export function sources(data: Data): HTMLElement | undefined {
  const scanned = at(data, 'scanned');
  if (!Array.isArray(scanned) || data.complete === false) return undefined;
  return el('footer', { class: 'quiet' }, `Read: ${scanned.map(String).join('; ')}.`);
}
