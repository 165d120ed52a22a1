// Elements, made from words. Nothing here reads markup: what comes from models, clients and providers is text, always.

const SVG = 'http://www.w3.org/2000/svg'
const SVG_TAGS = new Set(['svg', 'g', 'rect', 'path', 'line', 'polyline', 'text', 'title', 'circle'])

// What would reorder, hide or break what is read (the same characters as in `management/inert.rs`).
const ACTIVE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

/** The text with everything written out that would not be seen as what it is. */
export function inert(text) {
  return String(text).replace(ACTIVE, (char) => `\\u{${char.codePointAt(0).toString(16)}}`)
}

/**
 * An element. `props`: `class`, `on*` listeners, `data` (an object), `style` (an object of CSS properties), properties that
 * are no attributes (`value`, `checked`), and attributes; one that is null, undefined or false is left out.
 * Children are nodes, texts (made inert), lists of them; null, undefined and false are left out.
 */
export function h(tag, props, ...children) {
  const node = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag)
  // The value of a list to choose from is one of its children's.
  append(node, children)
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (name === 'data') Object.assign(node.dataset, value)
    else if (name === 'style') for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one)
    else if (name === 'value' || name === 'checked') node[name] = value
    else node.setAttribute(name, value === true ? '' : inert(value))
  }
  return node
}

/** Puts `children` in the place of whatever `node` holds. */
export function replace(node, ...children) {
  node.replaceChildren()
  append(node, children)
  return node
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue
    node.append(child instanceof Node ? child : inert(child))
  }
}
