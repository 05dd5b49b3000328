/** What stands inside an element: others, and text. Text never becomes markup. */
export type Child = Node | string | number | undefined | false;

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An HTML element. Attributes that are `undefined` or `false` are left out. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill<Element extends HTMLElement | SVGElement>(
  element: Element,
  attributes: Attributes,
  children: readonly Child[],
): Element {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
    if (child !== undefined && child !== false) element.append(typeof child === 'number' ? String(child) : child);
  }
  return element;
}
