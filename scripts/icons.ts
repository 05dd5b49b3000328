import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/* `npm run icons`: makes the PNGs from package/icon.svg. Needs rsvg-convert (Debian and Ubuntu: librsvg2-bin). */

const folder = fileURLToPath(new URL('../package/', import.meta.url));

for (const size of ['48', '128', '512']) {
  execFileSync('rsvg-convert', ['-w', size, '-h', size, `${folder}icon.svg`, '-o', `${folder}icon-${size}.png`], {
    stdio: 'inherit',
  });
}
