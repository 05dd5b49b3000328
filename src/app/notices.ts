import { at, type Data, textAt } from './data.ts';
import { el } from './elements.ts';

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
