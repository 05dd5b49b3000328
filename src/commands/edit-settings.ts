import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../json.ts';

/*
 * Adds one entry to another program's settings file: JSON with comments and trailing commas, or TOML. Only one place in
 * the text changes, and everything else stays identical; if that is not possible, the edit is refused.
 */

/** A file cannot be changed safely; the message says why, without quoting values from it. */
export class CannotEdit extends Error {}

interface Member {
  readonly name: string;
  readonly value: Node;
}

/** A value in JSON text, with its position. */
interface Node {
  readonly from: number;
  readonly to: number;
  readonly data: unknown;
  readonly members?: readonly Member[];
}

const COMMENT = /\/\/[^\n\r]*|\/\*[\s\S]*?\*\//y;
const TOKEN = /[{}[\],:]|"(?:[^"\\\n\r]|\\.)*"|[^\s{}[\],:"/]+/y;

/** Reads JSON with comments and trailing commas. @throws CannotEdit */
function parse(text: string): { readonly root: Node | undefined; readonly comments: readonly string[] } {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const comments: string[] = [];
  const fail = (): never => {
    throw new CannotEdit('it is not JSON that can be read reliably');
  };
  function skip(): void {
    for (;;) {
      while (/\s/.test(text.charAt(at))) at += 1;
      COMMENT.lastIndex = at;
      const [comment] = COMMENT.exec(text) ?? [];
      if (comment === undefined) return;
      comments.push(comment);
      at += comment.length;
    }
  }
  function peek(): string {
    skip();
    TOKEN.lastIndex = at;
    return TOKEN.exec(text)?.[0] ?? (at === text.length ? '' : fail());
  }
  function take(expected?: string): string {
    const token = peek();
    if (token === '' || (expected !== undefined && token !== expected)) fail();
    at += token.length;
    return token;
  }
  function scalar(token: string): unknown {
    try {
      return JSON.parse(token);
    } catch {
      return fail();
    }
  }
  function value(depth: number): Node {
    if (depth > 100) fail();
    const token = take();
    const from = at - token.length;
    if (token !== '{' && token !== '[') return { from, to: at, data: scalar(token) };
    const members: Member[] = [];
    const items: unknown[] = [];
    const end = token === '{' ? '}' : ']';
    while (peek() !== end) {
      if (token === '{') {
        const name = scalar(take());
        if (typeof name !== 'string') fail();
        take(':');
        members.push({ name: String(name), value: value(depth + 1) });
      } else items.push(value(depth + 1).data);
      if (peek() !== end) take(',');
    }
    take(end);
    if (token === '[') return { from, to: at, data: items };
    const data = Object.fromEntries(members.map((one) => [one.name, one.value.data]));
    return { from, to: at, data, members };
  }
  const root = peek() === '' ? undefined : value(0);
  if (peek() !== '') fail();
  return { root, comments };
}

/** The member of that name. @throws CannotEdit if there are several */
function memberOf({ members = [] }: Node, name: string): Node | undefined {
  const found = members.filter((one) => one.name === name);
  if (found.length > 1) throw new CannotEdit(`"${name}" appears in it more than once`);
  return found[0]?.value;
}

const newlineOf = (text: string) => (text.includes('\r\n') ? '\r\n' : '\n');

/** The indentation of an object's first member, or one step more than that of the line that opens the object. */
function indentIn(text: string, node: Node): string {
  const first = /^\s*\n([ \t]+)"/.exec(text.slice(node.from + 1).replaceAll('\r', ''))?.[1];
  return first ?? `${lineIndent(text, node.from)}${text.includes('\n\t') ? '\t' : '  '}`;
}

const lineIndent = (text: string, at: number) =>
  /[ \t]*$/.exec(/[^\n]*$/.exec(text.slice(0, at))?.[0].match(/^[ \t]*/)?.[0] ?? '')?.[0] ?? '';

function written(name: string, value: unknown, indent: string, newline: string, unit: string): string {
  const json = JSON.stringify(value, null, unit).split('\n').join(`${newline}${indent}`);
  return `${JSON.stringify(name)}: ${json}`;
}

/** Adds a member at the end of an object, after any comment on the line of the last member. */
function insert(text: string, node: Node, name: string, value: unknown): string {
  const newline = newlineOf(text);
  const indent = indentIn(text, node);
  const unit = indent.includes('\t') ? '\t' : '  ';
  const member = written(name, value, indent, newline, unit);
  const last = node.members?.at(-1)?.value;
  if (!last) {
    const inside = text.slice(node.from + 1, node.to - 1);
    const close = inside.includes('\n') ? '' : `${newline}${lineIndent(text, node.from)}`;
    return `${text.slice(0, node.from + 1)}${newline}${indent}${member}${inside.trimEnd() === '' && !inside.includes('\n') ? '' : inside}${close}${text.slice(node.to - 1)}`;
  }
  const rest = text.slice(last.to, node.to - 1);
  // An existing comma, perhaps after comments, and a comment on the same line stay with the last member.
  const [trail = ''] = /^(?:[ \t]|\/\*[^\n\r]*?\*\/)*,?(?:[ \t]|\/\*[^\n\r]*?\*\/)*(?:\/\/[^\n\r]*)?/.exec(rest) ?? [];
  const hasComma = trail.replace(/\/\*.*?\*\/|\/\/.*/g, '').includes(',');
  if (!hasComma && /,/.test(rest.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')))
    throw new CannotEdit('its commas are separated from what they follow');
  const kept = hasComma ? trail : `,${trail}`;
  const after = rest.slice(trail.length);
  const close = after.includes('\n') ? '' : `${newline}${lineIndent(text, node.from)}`;
  return `${text.slice(0, last.to)}${kept.trimEnd()}${newline}${indent}${member}${hasComma ? ',' : ''}${close}${close ? after.trim() : after}${text.slice(node.to - 1)}`;
}

/** The new text, and the entry that was there before. */
export interface Edited {
  readonly text: string;
  readonly before: unknown;
}

/** A JSON settings file with `member.name` set to the entry. @throws CannotEdit */
export function editJson(text: string, member: string, name: string, entry: unknown): Edited {
  const { root, comments } = parse(text);
  const newline = newlineOf(text);
  if (!root) {
    const fresh = JSON.stringify({ [member]: { [name]: entry } }, null, 2)
      .split('\n')
      .join(newline);
    const [, mark = '', comment = ''] = /^(\ufeff?)([\s\S]*)$/.exec(text) ?? [];
    return {
      text: `${mark}${comment.trim() === '' ? '' : `${comment.trimEnd()}${newline}`}${fresh}${newline}`,
      before: undefined,
    };
  }
  if (!root.members) throw new CannotEdit('it does not contain an object');
  const servers = memberOf(root, member);
  if (servers && !servers.members) throw new CannotEdit(`"${member}" in it is not an object`);
  const old = servers && memberOf(servers, name);
  if (old && isDeepStrictEqual(old.data, entry)) return { text, before: old.data };
  const edited =
    old && servers
      ? replace(text, servers, old, entry)
      : insert(text, servers ?? root, servers ? name : member, servers ? entry : { [name]: entry });
  check(edited, comments, root.data as JsonObject, member, name, entry);
  return { text: edited, before: old?.data };
}

function replace(text: string, servers: Node, old: Node, entry: unknown): string {
  if (parse(text.slice(old.from, old.to)).comments.length > 0)
    throw new CannotEdit('the existing entry has comments, which would be lost');
  const indent = indentIn(text, servers);
  const json = JSON.stringify(entry, null, indent.includes('\t') ? '\t' : 2)
    .split('\n')
    .join(`${newlineOf(text)}${indent}`);
  return `${text.slice(0, old.from)}${json}${text.slice(old.to)}`;
}

/** Checks that every other value and every comment is unchanged. @throws CannotEdit */
function check(
  text: string,
  comments: readonly string[],
  before: JsonObject,
  member: string,
  name: string,
  entry: unknown,
) {
  const after = parse(text);
  const servers = isObject(before[member]) ? before[member] : {};
  const wanted = { ...before, [member]: { ...servers, [name]: entry } };
  if (!isDeepStrictEqual(after.root?.data, wanted) || !isDeepStrictEqual(after.comments, comments))
    throw new CannotEdit('something else in it would have changed');
}

/** A TOML settings file with the entry's table at its end. @throws CannotEdit, also if it has a different one */
export function editToml(text: string, member: string, name: string, table: string): Edited {
  const newline = newlineOf(text);
  const wanted = table.split('\n').join(newline);
  if (`${newline}${text}${newline}`.includes(`${newline}${wanted}${newline}`)) return { text, before: wanted };
  const key = `["']?${member}["']?`;
  const own = new RegExp(`^[ \\t]*(\\[\\[?[ \\t]*)?${key}[ \\t]*\\.[ \\t]*["']?${name}["']?[ \\t]*[\\].=]`, 'm');
  if (own.test(text)) throw new CannotEdit(`it already has a table for ${name}`);
  if (new RegExp(`^[ \\t]*${key}[ \\t]*=`, 'm').test(text))
    throw new CannotEdit(`${member} is written on one line in it`);
  const nested = new RegExp(`^[ \\t]*\\[[ \\t]*${key}[ \\t]*\\][^\\[]*^[ \\t]*["']?${name}["']?[ \\t]*[.=]`, 'm');
  if (nested.test(text)) throw new CannotEdit(`it already has an entry for ${name}`);
  if (/"""|'''/.test(text)) throw new CannotEdit('it has multi-line strings');
  const end = text.trim() === '' ? '' : `${text.endsWith('\n') ? text : text + newline}${newline}`;
  return { text: `${end}${wanted}${newline}`, before: undefined };
}
