import { nice, ticks } from 'd3-array';
import { area, line } from 'd3-shape';
import { short } from './figures.ts';
import type { Point } from './trend.ts';

/*
 * Charts with shapes and scales from d3, and labels in ordinary page text: the text keeps its size however wide the
 * chart is, and a file shows it without any script.
 */

/** The position of a value in percent from the top, and the values of the grid lines: three to five if possible. */
function scaleFor(points: readonly Point[]) {
  const highest = Math.max(0, ...points.map(({ value }) => value));
  const lowest = Math.min(0, ...points.map(({ value }) => value));
  const top = highest === lowest ? lowest + 1 : highest;
  const scales = [4, 3, 5, 2].map((wanted) => {
    const [from, to] = nice(lowest, top, wanted);
    return { from, to, lines: ticks(from, to, wanted) };
  });
  const fitting = scales.find(({ lines }) => lines.length >= 3 && lines.length <= 5) ?? {
    from: lowest,
    to: top,
    lines: [lowest, top],
  };
  const { from, to, lines } = fitting;
  return { lines, heightOf: (value: number) => 100 - ((value - from) / (to - from)) * 100 };
}

interface ChartProps {
  readonly title: string;
  readonly points: readonly Point[];
  readonly second?: boolean;
}

/** Bars over time, and the same figures as a table. */
export function BarChart({ title, points, second = false }: ChartProps) {
  const { lines, heightOf } = scaleFor(points);
  const step = 100 / Math.max(1, points.length);
  // Limits the width, so that a few bars do not look like walls.
  const wide = Math.min(step * (points.length > 40 ? 0.9 : 0.7), 14);
  const marked = new Set([0, points.length - 1, ...(points.length > 4 ? [Math.floor((points.length - 1) / 2)] : [])]);
  const labels = points.filter((_, index) => marked.has(index));
  return (
    <figure class={second ? 'panel chart second' : 'panel chart'}>
      <figcaption>{title}</figcaption>
      <div class="plot" role="img" aria-label={`${title}: ${spoken(points)}`}>
        <div class="ticks" aria-hidden="true">
          {lines.map((tick) => (
            <span key={tick} style={{ top: `${heightOf(tick)}%` }}>
              {short(tick)}
            </span>
          ))}
        </div>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          {lines.map((tick) => (
            <line key={tick} class="grid" x1="0" x2="100" y1={heightOf(tick)} y2={heightOf(tick)} />
          ))}
          {points.map((point, index) => (
            <rect
              key={point.label}
              class={point.soFar ? 'bar so-far' : 'bar'}
              x={(index + 0.5) * step - wide / 2}
              width={wide}
              y={Math.min(heightOf(point.value), heightOf(0))}
              height={Math.abs(heightOf(0) - heightOf(point.value))}
            >
              <title>{`${point.label}: ${point.text}${point.soFar ? ' so far' : ''}`}</title>
            </rect>
          ))}
        </svg>
      </div>
      <div class="dates" aria-hidden="true">
        {labels.map(({ label }, index) => (
          <span key={label} class={index > 0 && index < labels.length - 1 ? 'middle' : undefined}>
            {label}
          </span>
        ))}
      </div>
      <details>
        <summary>As a table</summary>
        <table aria-label={title}>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="figure">
                {title}
              </th>
            </tr>
          </thead>
          <tbody>
            {points.map(({ label, text, soFar }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td class="figure">{`${text}${soFar ? ' so far' : ''}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function spoken(points: readonly Point[]): string {
  const [first, last] = [points[0], points.at(-1)];
  const highest = points.reduce((best, point) => (best && best.value >= point.value ? best : point), first);
  if (!first || !last || !highest) return 'nothing yet';
  return `${first.label} ${first.text}, highest ${highest.label} ${highest.text}, ${last.label} ${last.text}`;
}

/** A small line without text: the course of a figure. */
export function Trendline({ points }: { readonly points: readonly Point[] }) {
  if (points.length < 2) return null;
  const { heightOf } = scaleFor(points);
  const x = (_: Point, index: number) => 1 + (index / (points.length - 1)) * 98;
  const y = ({ value }: Point) => 2 + heightOf(value) * 0.96;
  const path = line<Point>().x(x).y(y)([...points]);
  const below = area<Point>().x(x).y0(98).y1(y)([...points]);
  return (
    <svg class="trend" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path class="below" d={below ?? ''} />
      <path class="line" d={path ?? ''} />
    </svg>
  );
}
