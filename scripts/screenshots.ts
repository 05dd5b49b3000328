import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { appPage, drawing, type Written } from '../src/app-page.ts';
import { closeBrowser, showPage } from '../test/support/chromium.ts';
import {
  BUSY,
  inEightCurrencies,
  inRightToLeft,
  ONE,
  withoutAnything,
  withTrouble,
  writtenOf,
} from '../test/support/page-states.ts';

/*
 * `npm run screenshots [FOLDER]`: takes pictures of the page in each of its states, for a person to look at. With
 * `--readme` it only retakes the two that the README shows, in docs/images/.
 */

const readme = process.argv.includes('--readme');
const folder = process.argv[2] && !readme ? process.argv[2] : fileURLToPath(new URL('../docs/images', import.meta.url));
await mkdir(folder, { recursive: true });

const WIDE = { width: 1_200, height: 900 };
const [html, { drawFile }] = await Promise.all([appPage(), drawing()]);

interface Shot {
  readonly size?: { readonly width: number; readonly height: number };
  readonly dark?: boolean;
  readonly script?: boolean;
  readonly paper?: boolean;
  /** Only the part from the top of the first section to the end of the last; each by the id of an element in it. */
  readonly sections?: readonly [first: string, last: string];
}

async function shoot(
  name: string,
  written: Written,
  { size = WIDE, dark = false, script = true, paper, sections }: Shot = {},
) {
  const { page, close } = await showPage(drawFile(html, written), size, { dark, script });
  if (paper) {
    await page.emulateMedia({ media: 'print' });
    if (script) await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
  }
  const path = `${folder}/${name}.png`;
  if (sections) {
    const place = `(id) => document.getElementById(id).closest('section').getBoundingClientRect()`;
    const [from, to] = (await page.evaluate(
      `[(${place})('${sections[0]}').top, (${place})('${sections[1]}').bottom]`,
    )) as [number, number];
    const clip = { x: 0, y: from - 12, width: size.width, height: to - from + 24 };
    await page.screenshot({ path, fullPage: true, clip });
  } else await page.screenshot({ path, fullPage: true });
  await close();
  console.log(`${folder}/${name}.png`);
}

const busy = await writtenOf(BUSY);
if (readme) {
  await shoot('page', busy, { size: { width: 1_000, height: 800 }, sections: ['progress', 'people'] });
  await shoot('page-dark', withTrouble(busy), {
    size: { width: 1_000, height: 800 },
    dark: true,
    sections: ['needs', 'needs'],
  });
} else {
  const narrow = { width: 360, height: 740 };
  await shoot('wide', busy);
  await shoot('dark', busy, { dark: true });
  await shoot('narrow', busy, { size: narrow });
  await shoot('very-wide', busy, { size: { width: 1_600, height: 900 } });
  await shoot('trouble', withTrouble(busy));
  await shoot('eight-currencies', inEightCurrencies(busy));
  await shoot('eight-currencies-narrow', inEightCurrencies(busy), { size: narrow });
  await shoot('right-to-left', inRightToLeft(busy), { size: { width: 800, height: 900 } });
  await shoot('without-script', busy, { script: false });
  await shoot('paper', busy, { paper: true, size: { width: 800, height: 1_100 } });
  await shoot('empty', withoutAnything(await writtenOf(ONE)));
  await shoot('one-affiliate', await writtenOf(ONE));
  const today = new Date().toISOString().slice(0, 10);
  await shoot('quarter', await writtenOf(BUSY, { kind: 'days', since: `${today.slice(0, 5)}08-01`, until: today }));
}
await closeBrowser();
