import { findAffiliateByCode } from './affiliates.ts';
import { code, page } from './inputs.ts';
import { type Found, lookUpInAnyCase } from './look-up.ts';
import { type Group, operation } from './operation.ts';
import { address, nameAffiliate } from './questions.ts';
import { count, many, one } from './returns.ts';
import * as shapes from './shapes.ts';

/** The affiliate code in a landing page's address: `afmc=CODE`, or `/discount/CODE` in some shops, encoded or not. */
function codeIn(url: string): string | undefined {
  let plain = url;
  for (let times = 0; times < 3; times += 1) {
    try {
      plain = decodeURIComponent(plain);
    } catch {
      break;
    }
  }
  return /[?&#;]afmc=([^&#;\s]+)/i.exec(plain)?.[1] ?? /\/discount\/([^/?&#\s]+)/i.exec(plain)?.[1];
}

/** V1 `POST /visitors`, official-current. One source says `url` is required, another `tracking_code`. */
const createVisitor = operation({
  name: 'create_visitor',
  title: 'Record a visitor',
  description:
    'Record a visit to the site. Give url, tracking_code or both; afmc=CODE in the url credits that affiliate, who may earn on it. Without tracking_code each call adds a visitor.',
  method: 'POST',
  path: '/visitors',
  input: () => ({
    url: code('Landing page, with any afmc=CODE').optional(),
    tracking_code: code('Identifies the visitor').optional(),
  }),
  returns: one(shapes.visitor),
  effect: 'create',
  confirm: {
    asks: "if the url carries an affiliate's code, as they may earn on the visitor, or if that cannot be checked",
    shows: 'who is credited',
    names: ['url'],
    when: ({ url }) => url !== undefined && codeIn(url) !== undefined,
    read: async ({ url = '' }, read) => ({
      affiliate: await lookUpInAnyCase(read, findAffiliateByCode, 'affiliate_code', codeIn(url) ?? ''),
    }),
    question: ({ url }, record) => {
      const { affiliate } = record as { affiliate: Found };
      if (affiliate === 'none') return undefined;
      const who = affiliate === 'failed' ? 'an affiliate who could not be read' : `the ${nameAffiliate(affiliate)}`;
      return `Record a visitor at ${address(url)}, credited to ${who}? They may earn a commission on the visitor. This cannot be undone.`;
    },
  },
  undo: 'A visitor cannot be deleted through the API.',
  check: (args) => (args.tracking_code === undefined ? 'list_visitors' : 'find_visitor_by_tracking_code'),
});

/** V2 `GET /visitors`, official-current. */
export const listVisitors = operation({
  name: 'list_visitors',
  title: 'List visitors',
  description: "The account's visitors, 100 per page, in no documented order. Often very many: count_visitors first.",
  method: 'GET',
  path: '/visitors',
  input: () => ({ page: page() }),
  returns: many(shapes.visitor, 100),
  effect: 'read',
});

/** V3 `GET /visitors/count`, official-current / path third-party. */
export const countVisitors = operation({
  name: 'count_visitors',
  title: 'Count visitors',
  description: 'How many visitors the account has.',
  method: 'GET',
  path: '/visitors/count',
  input: () => ({}),
  returns: count(shapes.visitor),
  effect: 'read',
});

/** V4 `GET /visitors/by_tracking_code`: operation official-current, path inferred. */
export const findVisitorByTrackingCode = operation({
  name: 'find_visitor_by_tracking_code',
  title: 'Find a visitor by tracking code',
  description: 'The visitor with this tracking code (leads carry it too).',
  method: 'GET',
  path: '/visitors/by_tracking_code',
  input: () => ({ tracking_code: code('Tracking code') }),
  returns: one(shapes.visitor),
  effect: 'read',
});

export const visitors: Group = {
  name: 'visitors',
  description: 'Visits to the site',
  operations: [createVisitor, listVisitors, countVisitors, findVisitorByTrackingCode],
};
