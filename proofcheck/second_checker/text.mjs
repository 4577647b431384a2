// Strict reading of JSON texts (section 1). JSON.parse will not do: it takes 1.5 and 1e3, and forgets repeated keys, so
// that two readers could see two different certificates in one text.

export class Refused extends Error {}
export const refuse = (reason) => { throw new Refused(reason) }

const MAX_TEXT = 2_000_000, MAX_NEST = 40
const RESERVED = new Set(['inner', 'Abs', 'Max', 'Min', 'sqrt', 'exp'])

export function readJson(text) {
  if (typeof text !== 'string') refuse('the text is not a string')
  if (text.length > MAX_TEXT) refuse('the text is too long')
  let at = 0
  const fail = (what) => refuse(`JSON: ${what} at character ${at}`)
  const blank = () => { while (' \t\n\r'.includes(text[at] ?? 'x')) at++ }
  const word = (w, v) => text.startsWith(w, at) ? (at += w.length, v) : fail('unexpected text')

  function string() {
    const start = at++
    while (text[at] !== '"') {
      if (at >= text.length) fail('unterminated string')
      if (text[at] === '\\') at++
      at++
    }
    at++
    return JSON.parse(text.slice(start, at)) // escapes and control characters by the standard
  }

  function integer() {
    const m = /-?(0|[1-9][0-9]*)/y
    m.lastIndex = at
    const found = m.exec(text)
    if (!found) fail('unexpected text')
    at += found[0].length
    if (/[.eE0-9]/.test(text[at] ?? '')) fail('a number that is no integer')
    if (found[0].length > 301) fail('a number of too many digits')
    return BigInt(found[0])
  }

  function value(depth) {
    blank()
    const c = text[at]
    if (c === '"') return string()
    if (c === 't') return word('true', true)
    if (c === 'f') return word('false', false)
    if (c === 'n') return word('null', null)
    if (c !== '{' && c !== '[') return integer()
    if (depth >= MAX_NEST) fail('brackets nested too deep')
    const isObject = c === '{', close = isObject ? '}' : ']'
    const out = isObject ? Object.create(null) : []
    at++
    blank()
    if (text[at] === close) { at++; return out }
    for (;;) {
      blank()
      let key
      if (isObject) {
        if (text[at] !== '"') fail('a key expected')
        key = string()
        if (Object.hasOwn(out, key)) fail(`the key ${JSON.stringify(key)} occurs twice`)
        blank()
        if (text[at++] !== ':') fail('":" expected')
        out[key] = value(depth + 1)
      } else out.push(value(depth + 1))
      blank()
      if (text[at] === close) { at++; return out }
      if (text[at++] !== ',') fail('"," expected')
    }
  }

  const out = value(0)
  blank()
  if (at !== text.length) fail('text after the end')
  return out
}

export const isObject = (x) => typeof x === 'object' && x !== null && !Array.isArray(x)

/** The object `x` has all `required` keys, and none but these and the `optional` ones. */
export function keys(x, what, required, optional = []) {
  if (!isObject(x)) refuse(`${what} is not an object`)
  for (const k of required) if (!Object.hasOwn(x, k)) refuse(`${what} has no key ${k}`)
  const known = new Set([...required, ...optional])
  for (const k of Object.keys(x)) if (!known.has(k)) refuse(`${what} has an unknown key ${k}`)
  return x
}

export const list = (x, what) => Array.isArray(x) ? x : refuse(`${what} is not a list`)
export const text = (x, what) => typeof x === 'string' ? x : refuse(`${what} is not a string`)

export function name(x, what) {
  if (typeof x !== 'string' || !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(x) || RESERVED.has(x)) refuse(`${what} is not a name`)
  return x
}

export function index(x, below, what) {
  if (typeof x !== 'bigint' || x < 0n || x >= BigInt(below)) refuse(`${what} is not an integer from 0 to ${below - 1}`)
  return Number(x)
}

/** [p, q] with q > 0. */
export function rational(x, what) {
  if (typeof x !== 'string' || !/^-?[0-9]{1,300}(\/[0-9]{1,300})?$/.test(x)) refuse(`${what} is not a rational`)
  const [p, q = '1'] = x.split('/')
  if (BigInt(q) === 0n) refuse(`${what} has the denominator 0`)
  return [BigInt(p), BigInt(q)]
}
