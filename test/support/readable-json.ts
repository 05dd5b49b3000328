import { isObject } from '../../src/json.ts';

/** Up to this many columns, a list or an object stays on one line. */
const WIDTH = 110;

/** JSON for people: indented, but a list or an object that fits on one line stays on it. */
export function readableJson(value: unknown, indent = '', before = 0): string {
  const short = onOneLine(value);
  const room = WIDTH - indent.length - before;
  if (short.length <= room || !(Array.isArray(value) || isObject(value))) return short;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => `${deeper}${readableJson(item, deeper)}`);
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value).map(([name, item]) => {
    const label = `${JSON.stringify(name)}: `;
    return `${deeper}${label}${readableJson(item, deeper, label.length)}`;
  });
  return `{\n${fields.join(',\n')}\n${indent}}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${onOneLine(item)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
