import { connectToHost, type HostContext, type ToolResult } from './bridge.ts';
import { type Data, isData, textAt } from './data.ts';
import { el } from './elements.ts';
import { isOverview, overview } from './overview.ts';
import { isPayoutReport, payoutReport } from './payouts.ts';

/*
 * One page for two tools: in a host it draws the result of the call it belongs to, in a file (`leaddyno-mcp report`) the
 * results that were written into it. Everything is text or attribute, nothing ever becomes markup.
 */

const place = document.getElementById('place') ?? document.body;
const say = (words: string) => place.replaceChildren(el('p', { class: 'quiet', role: 'status' }, words));

function draw(results: readonly Data[]): void {
  const drawn = results.map((data) =>
    isOverview(data) ? overview(data) : isPayoutReport(data) ? payoutReport(data) : undefined,
  );
  const known = drawn.filter((one) => one !== undefined);
  if (known.length === 0) say('There is no chart for this result; the text has everything.');
  else place.replaceChildren(...known);
}

function show({ structuredContent, isError, content, _meta }: ToolResult): void {
  if (isError || !structuredContent) {
    say(
      textAt(structuredContent, 'error', 'message') ||
        content?.find(({ type }) => type === 'text')?.text ||
        'The call failed.',
    );
    return;
  }
  // What only a picture needs does not travel where a model reads.
  const extra = _meta?.['leaddyno-mcp/picture'];
  draw([{ ...structuredContent, ...(isData(extra) && extra) }]);
}

function dress({ theme, styles }: HostContext): void {
  if (theme) document.documentElement.dataset.theme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith('--') && value !== undefined) document.documentElement.style.setProperty(name, value);
  }
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const follow = () => dress({ theme: dark.matches ? 'dark' : 'light' });
follow();

const written = document.getElementById('results')?.textContent ?? '';
if (written !== '') {
  dark.addEventListener('change', follow);
  draw((JSON.parse(written) as unknown[]).filter(isData));
} else {
  say('Waiting for the result …');
  connectToHost(document.documentElement.dataset.version ?? '', {
    onResult: show,
    onContext: dress,
    onCancelled: () => say('The call was cancelled.'),
  });
}
