import { renderToString } from 'preact-render-to-string';
import { Page } from './page.tsx';
import { stateOfFile, type Written } from './page-state.ts';

const PLACE = '<div id="page"></div>';
const RESULTS = '<script type="application/json" id="results">';

/**
 * The page as a file: already drawn, so that it shows its figures without a script, and with the results for the script
 * that adds sorting and search. `<` is escaped, so that the data cannot end its script element.
 */
export function drawFile(html: string, written: Written): string {
  const json = JSON.stringify(written).replaceAll('<', '\\u003c');
  const drawn = renderToString(<Page state={stateOfFile(written)} acts={undefined} />);
  return html
    .replace('<html lang="en"', '<html lang="en" class="static"')
    .replace(PLACE, () => PLACE.replace('></', `>${drawn}</`))
    .replace(RESULTS, () => RESULTS + json);
}

export { callsFor } from './calls.ts';
export { COLUMNS, rowsOf } from './rows.ts';
