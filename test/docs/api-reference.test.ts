import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PROBES } from '../../src/doctor/probes.ts';
import { groups } from '../../src/operations/index.ts';
import { FIELDS, type RecordName } from '../../src/records/fields.ts';

/* docs/leaddyno-api.md is what code, comments and the doctor cite: every citation has to lead somewhere in it. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const reference = readFileSync(join(root, 'docs/leaddyno-api.md'), 'utf8');

/** A part of the reference below a heading, up to the next one of its rank. */
function part(heading: string): string {
  const [mark = ''] = heading.split(' ');
  const from = `\n${reference}`.split(`\n${heading}\n`)[1];
  if (from === undefined) throw new Error(`no heading ${heading}`);
  return from.split(new RegExp(`\n#{1,${mark.length}} `))[0] ?? '';
}

const found = (pattern: RegExp, text = reference) => [...text.matchAll(pattern)];

const requests = new Map(
  found(/^#### ([A-Z]\d+) `(\S+ \S+?)`/gm).map(([, code = '', request = '']) => [code, request]),
);
const headings = found(/^#{2,3} (\d+(?:\.\d+)?) .*$/gm);
const sections = new Map(headings.map(([heading, number = '']) => [number, part(heading)]));
const records = new Set(found(/^### (.+)$/gm, sections.get('3') ?? '').map(([, name = '']) => name));

/** Numbered points of a section. */
const pointsOf = (section: string) =>
  found(/^(\d+)\. /gm, sections.get(section) ?? '').map(([, number]) => Number(number));

/** Whether one word of a citation leads somewhere; `list` is the section whose points are meant. */
function leads(word: string, list: string | undefined): boolean {
  if (list !== undefined) return pointsOf(list).includes(Number(word));
  const [section = '', point] = word.split('.');
  if (sections.has(word) || requests.has(word) || records.has(word)) return true;
  return point !== undefined && section === '5' && pointsOf('5').includes(Number(point));
}

/** The words of a citation that lead nowhere; one that cites nothing does so itself. */
function deadEnds(citation: string): string[] {
  const words =
    /^[\s,;]*(?:(?:sections?|points?|contradictions?|and|end|[A-Z]\d{1,2}|[A-Z][a-z]+|\d+(?:\.\d+)?)[\s,;]*)+/.exec(
      citation,
    );
  const dead: string[] = [];
  let section: string | undefined;
  let list: string | undefined;
  let cited = 0;
  for (const word of (words?.[0] ?? '').split(/[\s,;]+/).filter(Boolean)) {
    if (/^(point|contradiction)/.test(word)) list = section;
    else if (!/^(sections?|and|end)$/.test(word)) {
      cited += 1;
      if (!leads(word, list)) dead.push(word);
      if (list === undefined) section = word;
    }
  }
  return cited === 0 ? [citation.slice(0, 40)] : dead;
}

const files = [
  ...['src', 'docs', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  ),
  'README.md',
  'CONTRIBUTING.md',
].filter((path) => /\.(ts|md)$/.test(path));

/** A text with each comment that goes over lines on one. */
const read = (path: string) => readFileSync(join(root, path), 'utf8').replace(/\n\s*(\*(?!\/)|\/\/)? */g, ' ');

const citations = files.flatMap((path) =>
  found(/API reference(.{0,120})/g, read(path)).map(([, cited = '']) => [path, cited] as const),
);

describe('a citation of the API reference', () => {
  const cited = citations.filter(([, text]) => /^[\s,]*(section|\d|[A-Z]\d|[A-Z][a-z]+\b)/.test(text));

  test('is in the sources more than once', () => {
    expect(cited.length).toBeGreaterThan(40);
  });

  test('leads to a heading or a point of it', () => {
    const dead = cited.flatMap(([path, text]) => deadEnds(text).map((word) => `${path}: ${word}`));
    expect(dead).toEqual([]);
  });

  test('is the only kind: no other document is cited that is not here', () => {
    const others = files.filter((path) => /\((?:design|notes?|spec|brief),? (?:section|point)/i.test(read(path)));
    expect(others).toEqual([]);
  });

  test('would be found if it led nowhere', () => {
    for (const text of [' 4.9', ', C9)', ' 10, point 13', ', Affiliates', ' 5, contradiction 15', ' 5.15', ' 12']) {
      expect(deadEnds(text), text).not.toEqual([]);
    }
    expect(deadEnds(' 4.1 and 5, contradiction 1; a key')).toEqual([]);
  });
});

describe('the catalogue', () => {
  const operations = groups.flatMap((group) => group.operations);
  const requestOf = (method: string, path: string) => `${method} ${path.replace(/\{\w+\}/g, '{id}')}`;
  const rows = (sections.get('1') ?? '').split('\n').filter((line) => line.startsWith('| ['));

  test.each(operations.map((one) => [one.name, one] as const))('%s stands in it with its request', (name, one) => {
    const row = rows.find(
      (line) => line.includes(`\`${requestOf(one.method, one.path)}\``) && line.includes(`\`${name}\``),
    );
    expect(row).toBeDefined();
  });

  test('has the codes that its comments give', () => {
    const commented = files
      .filter((path) => path.startsWith(join('src', 'operations')))
      .flatMap((path) => found(/\/\*\* ([A-Z]\d+)(?: and [A-Z]\d+)? `([A-Z]+ \S+?)`/g, read(path)));
    expect(new Set(commented.map(([, code]) => code)).size).toBeGreaterThan(40);
    expect(commented.filter(([, code = '', request]) => requests.get(code) !== request).map(([text]) => text)).toEqual(
      [],
    );
  });

  test('has each operation in the overview once, with a place to go to', () => {
    const listed = rows.map((row) => /^\| \[(\w+)\]\(#(\w+)\) \| `(\S+ \S+?)`/.exec(row)?.slice(1) ?? []);
    expect(listed.map(([code]) => code)).toEqual([...requests.keys()].sort((a, b) => orderOf(a) - orderOf(b)));
    for (const [code = '', anchor, request] of listed) {
      expect(requests.get(code), code).toBe(request);
      expect(reference, code).toContain(`<a id="${anchor}"></a>`);
    }
  });

  const orderOf = (code: string) => 'APCLVKFB'.indexOf(code.charAt(0)) * 100 + Number(code.slice(1));
});

test.each(Object.keys(FIELDS) as RecordName[])('every field of a %s stands with its record', (record) => {
  const text = part(`### ${record.charAt(0).toUpperCase()}${record.slice(1)}`);
  expect(FIELDS[record].filter(({ name }) => !text.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
});

describe('what users see', () => {
  test('of the doctor leads somewhere', () => {
    expect(PROBES.flatMap(({ point }) => deadEnds(point))).toEqual([]);
  });

  test.each(['docs/tools.md', ...readdirSync(join(root, 'test/snapshots')).map((name) => `test/snapshots/${name}`)])(
    '%s has no codes of it',
    (path) => {
      expect(
        found(/\b[ACPLVKFB]\d{1,2}\b(?![-\w])/g, readFileSync(join(root, path), 'utf8')).map(([code]) => code),
      ).toEqual([]);
    },
  );
});

test('its links lead somewhere', () => {
  const slugs = found(/^#+ (.+)$/gm).map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const anchors = [...slugs, ...found(/<a id="(\w+)">/g).map(([, id]) => id)];
  const inside = found(/\]\(#([^)]+)\)/g).map(([, to]) => to);
  expect(inside.filter((to) => !anchors.includes(to))).toEqual([]);
});
