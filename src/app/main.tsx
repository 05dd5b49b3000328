import { render } from 'preact';
import { connectToHost, type HostContext } from './bridge.ts';
import { Page } from './page.tsx';
import { type Acts, emptyState, type State, stateOfFile } from './page-state.ts';
import { createStore } from './store.ts';

/*
 * One page for two tools: in a host it draws the result of its call and reads the rest through the host; in a file
 * (`leaddyno-mcp report`) it draws the data in the file. Data only becomes text or attributes, never markup.
 */

const place = document.getElementById('page') ?? document.body;
const draw = (state: State, acts: Acts) => render(<Page state={state} acts={acts} />, place);

function dress({ theme, styles }: HostContext): void {
  if (theme) document.documentElement.dataset.theme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith('--') && value !== undefined) document.documentElement.style.setProperty(name, value);
  }
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const follow = () => dress({ theme: dark.matches ? 'dark' : 'light' });
follow();
document.documentElement.classList.remove('static');

const written = document.getElementById('results')?.textContent ?? '';
const first =
  written === '' ? emptyState('reads', new Date().toISOString().slice(0, 10)) : stateOfFile(JSON.parse(written));
const store = createStore(first, draw);
// Removes what was drawn when the file was written: it is drawn again, with working controls.
place.replaceChildren();
window.addEventListener('beforeprint', () => store.change({ whole: true }));
window.addEventListener('afterprint', () => store.change({ whole: false }));

if (written !== '') {
  dark.addEventListener('change', follow);
  draw(first, store.acts);
} else {
  store.change({ saying: 'Waiting for the result …' });
  connectToHost(document.documentElement.dataset.version ?? '', {
    onConnected: store.connect,
    onInput: (args) => store.change({ payoutArgs: args }),
    onResult: store.receive,
    onContext: dress,
    onCancelled: () => store.change({ saying: 'The call was cancelled.' }),
  });
}
