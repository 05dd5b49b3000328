import { code, page, UNVERIFIED } from './inputs.ts';
import { type Group, operation } from './operation.ts';
import { count, many, one } from './returns.ts';
import * as shapes from './shapes.ts';

/** V1 `POST /visitors`, official-current. One source calls `url` needed, another `tracking_code`. */
const createVisitor = operation({
  name: 'create_visitor',
  title: 'Record a visitor',
  description:
    'Record a visit to the site. Give url, tracking_code or both; afmc=CODE in the url credits that affiliate. May earn a per-visitor commission; without a tracking_code of your own every call adds another visitor.',
  method: 'POST',
  path: '/visitors',
  input: () => ({
    url: code('Landing page the visitor came to, with its afmc=CODE').optional(),
    tracking_code: code('Code that identifies the visitor').optional(),
  }),
  returns: one(shapes.visitor),
  effect: 'create',
  undo: 'A visitor cannot be deleted through the API.',
  check: (args) => (args.tracking_code === undefined ? 'list_visitors' : 'find_visitor_by_tracking_code'),
});

/** V2 `GET /visitors`, official-current. */
export const listVisitors = operation({
  name: 'list_visitors',
  title: 'List visitors',
  description:
    'Visitors of the whole account, 100 a page; often very many, so count first. Sort order is not documented.',
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
  description: `How many visitors the account has. ${UNVERIFIED}`,
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
  description: `The one visitor with this tracking code (a lead carries it too). ${UNVERIFIED}`,
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
