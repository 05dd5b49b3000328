import { describe, expect, test } from 'vitest';
import { buildHttpRequest, fitsHeader, isPath, readBaseUrl } from '../../src/leaddyno/request.ts';
import { createScrub } from '../../src/leaddyno/scrub.ts';

describe('the base URL', () => {
  test.each([
    ['https://api.leaddyno.com/v1', { origin: 'https://api.leaddyno.com', prefix: '/v1', loopback: false }],
    ['https://api.leaddyno.com/v1/', { origin: 'https://api.leaddyno.com', prefix: '/v1', loopback: false }],
    ['https://proxy.example', { origin: 'https://proxy.example', prefix: '', loopback: false }],
    ['http://127.0.0.1:8080/a/b//', { origin: 'http://127.0.0.1:8080', prefix: '/a/b', loopback: true }],
    ['http://127.1:80', { origin: 'http://127.0.0.1', prefix: '', loopback: true }],
    ['http://[::1]:8080', { origin: 'http://[::1]:8080', prefix: '', loopback: true }],
    ['http://localhost:8080', { origin: 'http://localhost:8080', prefix: '', loopback: true }],
    ['https://localhost', { origin: 'https://localhost', prefix: '', loopback: true }],
  ])('%s', (url, address) => {
    expect(readBaseUrl(url)).toEqual(address);
  });

  test.each([
    ['nonsense', 'not a URL'],
    ['', 'not a URL'],
    ['http://api.leaddyno.com/v1', 'must begin with https://'],
    ['http://127.0.0.1.example.org', 'must begin with https://'],
    ['http://localhost.example.org', 'must begin with https://'],
    ['http://192.168.0.1', 'must begin with https://'],
    ['ftp://localhost', 'must begin with https://'],
    ['https://user:secret@api.leaddyno.com', 'credentials'],
    ['https://user@api.leaddyno.com', 'credentials'],
    ['https://api.leaddyno.com/v1?key=secret', 'query'],
    ['https://api.leaddyno.com/v1?', 'query'],
    ['https://api.leaddyno.com/v1#secret', 'fragment'],
  ])('refused: %s', (url, why) => {
    expect(() => readBaseUrl(url)).toThrow(why);
    expect(() => readBaseUrl(url)).not.toThrow('secret');
  });
});

describe('the request on the wire', () => {
  const address = readBaseUrl('https://api.leaddyno.com/v1');

  test('has the key in a header, and JSON where there is a body', () => {
    const request = { method: 'POST', path: '/leads', body: { email: 'ann@example.org', amount: 2.5 } } as const;
    expect(buildHttpRequest(address, request, { key: 'k', transport: 'header' }, 'agent/1')).toEqual({
      origin: 'https://api.leaddyno.com',
      method: 'POST',
      path: '/v1/leads',
      headers: { accept: 'application/json', 'user-agent': 'agent/1', key: 'k', 'content-type': 'application/json' },
      body: '{"email":"ann@example.org","amount":2.5}',
    });
  });

  test('has the key in the query, after the parameters, all encoded', () => {
    const request = { method: 'GET', path: '/affiliates/by_email', query: { email: 'a+b c@example.org' } } as const;
    const { path, headers, body } = buildHttpRequest(address, request, { key: 'a&b+', transport: 'query' }, 'agent/1');
    expect(path).toBe('/v1/affiliates/by_email?email=a%2Bb+c%40example.org&key=a%26b%2B');
    expect(headers).not.toHaveProperty('key');
    expect(body).toBeNull();
  });

  test.each(['/affiliates', '/affiliates/17/leads', '/a/b%20c', '/a/b.json', "/x/~!$&'()*+,;=:@"])(
    'leads to %s',
    (path) => {
      expect(isPath(path)).toBe(true);
    },
  );

  test.each([
    '',
    'affiliates',
    '/',
    '/affiliates/',
    '/affiliates//leads',
    '/a/../b',
    '/a/.',
    '/a/%2e%2E/b',
    '/a?b',
    '/a#b',
    '/a b',
    '/a\\b',
    '/ä',
    '/a\n',
  ])('does not lead to %j', (path) => {
    expect(isPath(path)).toBe(false);
  });

  test('a header cannot carry every key', () => {
    for (const key of ['abc', 'a b', 'a~!/+=']) expect(fitsHeader(key)).toBe(true);
    for (const key of ['', ' a', 'a ', 'ä', 'a\nb', 'a\tb', '🔑']) expect(fitsHeader(key)).toBe(false);
  });
});

describe('scrubbing', () => {
  test('takes the key out in every form', () => {
    const key = 'ab/cd+ef "gh"';
    const scrub = createScrub(key);
    const encoded = encodeURIComponent(key);
    const form = new URLSearchParams({ key }).toString();
    const text = [key, encoded, encoded.toLowerCase(), form, JSON.stringify(key), 'ab\\/cd+ef \\"gh\\"'].join(' | ');
    expect(scrub(text)).toBe('[key] | [key] | [key] | key=[key] | "[key]" | [key]');
  });

  test('takes it out of JSON as Rails writes it', () => {
    expect(createScrub('<key>&more')('{"echo":"\\u003ckey\\u003e\\u0026more"}')).toBe('{"echo":"[key]"}');
  });

  test('leaves short keys alone', () => {
    expect(createScrub('id')('{"id": 1}')).toBe('{"id": 1}');
  });
});
