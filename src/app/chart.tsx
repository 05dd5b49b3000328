import { scaleBand, scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { short } from './figures.ts';
import type { Point } from './trend.ts';

/*
 * Charts whose shapes and scales come from d3 and whose text is ordinary text of the page: it keeps its size however wide
 * the drawing is, and a file has it without any script.
 */

/** Three to five lines, whose highest is at or above the largest value. */
function scaleFor(points: readonly Point[]) {
  const highest = Math.max(0, ...points.map(({ value }) => value));
  const lowest = Math.min(0, ...points.map(({ value }) => value));
  const scales = [4, 3, 5, 2].map((wanted) => {
    const scale = scaleLinear()
      .domain([lowest, highest === lowest ? lowest + 1 : highest])
      .nice(wanted);
    return { scale, ticks: scale.ticks(wanted) };
  });
  const fitting = scales.find(({ ticks }) => ticks.length >= 3 && ticks.length <= 5) ?? scales[0];
  const scale = fitting?.scale ?? scaleLinear();
  return { scale: scale.copy().range([100, 0]), ticks: fitting?.ticks ?? [0, 1] };
}

interface ChartProps {
  readonly title: string;
  readonly points: readonly Point[];
  readonly second?: boolean;
}

/** Bars over time, and the same figures as a table for whoever prefers one. */
export function BarChart({ title, points, second = false }: ChartProps) {
  const { scale, ticks } = scaleFor(points);
  const band = scaleBand<number>()
    .domain(points.map((_, index) => index))
    .range([0, 100])
    .padding(points.length > 40 ? 0.1 : 0.3);
  const marked = new Set([0, points.length - 1, ...(points.length > 4 ? [Math.floor((points.length - 1) / 2)] : [])]);
  const labels = points.filter((_, index) => marked.has(index));
  return (
    <figure class={second ? 'panel chart second' : 'panel chart'}>
      <figcaption>{title}</figcaption>
      <div class="plot" role="img" aria-label={`${title}: ${spoken(points)}`}>
        <div class="ticks" aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} style={{ top: `${scale(tick)}%` }}>
              {short(tick)}
            </span>
          ))}
        </div>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          {ticks.map((tick) => (
            <line key={tick} class="grid" x1="0" x2="100" y1={scale(tick)} y2={scale(tick)} />
          ))}
          {points.map((point, index) => (
            <rect
              key={point.label}
              class={point.soFar ? 'bar so-far' : 'bar'}
              x={band(index)}
              width={band.bandwidth()}
              y={Math.min(scale(point.value), scale(0))}
              height={Math.abs(scale(0) - scale(point.value))}
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

/** A line of a few points without any text: how a figure came about. */
export function Trendline({ points }: { readonly points: readonly Point[] }) {
  if (points.length < 2) return null;
  const { scale } = scaleFor(points);
  const across = scaleLinear()
    .domain([0, points.length - 1])
    .range([1, 99]);
  const x = (_: Point, index: number) => across(index);
  const y = ({ value }: Point) => 2 + scale(value) * 0.96;
  const path = line<Point>().x(x).y(y)([...points]);
  const below = area<Point>().x(x).y0(98).y1(y)([...points]);
  return (
    <svg class="trend" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path class="below" d={below ?? ''} />
      <path class="line" d={path ?? ''} />
    </svg>
  );
}
