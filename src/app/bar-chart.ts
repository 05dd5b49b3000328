import { short } from './data.ts';
import { el, svg } from './elements.ts';

export interface Bar {
  readonly label: string;
  /** What its height is drawn from. */
  readonly value: number;
  /** What is written: exact. */
  readonly text: string;
}

const WIDTH = 600;
const HEIGHT = 200;
const LEFT = 58;
const BOTTOM = 30;
const TOP = 12;

/** A round number at or above the largest value, for the axis. */
function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

/**
 * Bars over time. One stop of the Tab key; the arrow keys move from bar to bar, and the figure of the one in focus (or
 * under the pointer) is written above. The same figures follow as a table for whoever prefers one.
 */
export function barChart(title: string, bars: readonly Bar[]): HTMLElement {
  const top = ceiling(Math.max(0, ...bars.map(({ value }) => value)));
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  const height = (value: number) => (Math.max(0, value) / top) * (HEIGHT - TOP - BOTTOM);
  const reading = el('output', { class: 'reading' });
  const show = (bar: Bar | undefined) => {
    reading.textContent = bar ? `${bar.label}: ${bar.text}` : ' ';
  };
  show(bars.at(-1));

  const every = Math.ceil(bars.length / 6);
  const rects = bars.map((bar, index) => {
    const tall = Math.max(bar.value > 0 ? 1.5 : 0, height(bar.value));
    const rect = svg('rect', {
      class: 'bar',
      x: LEFT + index * step + step * 0.15,
      y: HEIGHT - BOTTOM - tall,
      width: step * 0.7,
      height: tall,
      rx: 2,
      role: 'img',
      'aria-label': `${bar.label}: ${bar.text}`,
      tabindex: index === bars.length - 1 ? 0 : -1,
    });
    for (const event of ['focus', 'pointerenter']) rect.addEventListener(event, () => show(bar));
    return rect;
  });

  const chart = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', role: 'group', 'aria-label': title },
    ...[0, 0.5, 1].flatMap((part) => {
      const y = HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
      return [
        svg('line', { class: 'grid', x1: LEFT, x2: WIDTH, y1: y, y2: y }),
        svg('text', { class: 'axis', x: LEFT - 6, y: y + 5, 'text-anchor': 'end' }, short(part * top)),
      ];
    }),
    ...rects,
    ...bars.map(({ label }, index) => {
      const last = bars.length - 1;
      if ((last - index) % every !== 0) return undefined;
      // The last one ends with the drawing, so that nothing of it is cut off.
      const [x, anchor] = index === last ? [WIDTH, 'end'] : [LEFT + (index + 0.5) * step, 'middle'];
      return svg('text', { class: 'axis', x, y: HEIGHT - 8, 'text-anchor': anchor }, label);
    }),
  );
  chart.addEventListener('keydown', (event) => move(event, rects));
  return el('figure', { class: 'panel' }, el('figcaption', {}, title), reading, chart, asTable(title, bars));
}

function move(event: KeyboardEvent, rects: readonly SVGRectElement[]): void {
  const at = rects.indexOf(document.activeElement as SVGRectElement);
  const targets: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: rects.length - 1 };
  const next = rects[targets[event.key] ?? -1];
  if (!next) return;
  event.preventDefault();
  for (const rect of rects) rect.setAttribute('tabindex', rect === next ? '0' : '-1');
  next.focus();
}

function asTable(title: string, bars: readonly Bar[]): HTMLElement {
  return el(
    'details',
    {},
    el('summary', {}, 'As a table'),
    el(
      'table',
      { 'aria-label': title },
      el(
        'thead',
        {},
        el('tr', {}, el('th', { scope: 'col' }, 'Month'), el('th', { scope: 'col', class: 'figure' }, title)),
      ),
      el(
        'tbody',
        {},
        ...bars.map(({ label, text }) =>
          el('tr', {}, el('th', { scope: 'row' }, label), el('td', { class: 'figure' }, text)),
        ),
      ),
    ),
  );
}
