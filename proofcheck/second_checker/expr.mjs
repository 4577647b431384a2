// Expressions: nodes of a directed acyclic graph (equal nodes are one object), and the parser of section 2.
// Nothing is expanded. A node knows: type 'S' or 'V'; free: the functionals (indices) whose random names stand in it outside
// of their own brackets, as far as the text tells; moments: whether F[...] stands in it; unclear: whether it divides by
// something that is not visibly a monomial (see Field.random); picks: the open choices (section 3,
// the order of a Max) in it; size: a bound of degree plus coefficient bits of the polynomial (after clearing denominators).
import { refuse } from './text.mjs'

const MAX_SIZE = 2 ** 64 // with a 256-bit prime an identity is then wrongly accepted with probability < 2^-180
const MAX_NODES = 400_000
const NONE = []
const union = (lists) => {
  const full = lists.filter((l) => l.length)
  return full.length < 2 ? full[0] ?? NONE : [...new Set(full.flat())].sort((a, b) => a - b)
}

/** Visibly a product of powers of numbers, names, inner products of names, moments of such products, and function values
 * other than roots. */
export const visibleMonomial = (x) => ['prod', 'pow', 'inv', 'E'].includes(x.op) ? x.args.every(visibleMonomial)
  : ['num', 'name', 'max', 'exp'].includes(x.op) || (x.op === 'inner' && x.args.every((v) => v.op === 'name'))

export class Nodes {
  constructor() { this.table = new Map(); this.all = [] }

  make(op, type, args, data, size, free = union(args.map((a) => a.free))) {
    const key = `${op}|${args.map((a) => a.id).join()}|${data ?? ''}|${type}`
    let node = this.table.get(key)
    if (node) return node
    if (!(size <= MAX_SIZE)) refuse('an expression of too large a degree (a limit of this checker)')
    if (this.all.length >= MAX_NODES) refuse('too many expressions (a limit of this checker)')
    node = { id: this.all.length, op, type, args, data, size, free,
      moments: op === 'E' || args.some((a) => a.moments),
      unclear: args.some((a) => a.unclear) || (op === 'inv' && !visibleMonomial(args[0])),
      picks: op === 'pick' ? union([...args.map((a) => a.picks), [data]]) : union(args.map((a) => a.picks)) }
    this.table.set(key, node)
    this.all.push(node)
    return node
  }

  num(p, q = 1n) {
    const node = this.make('num', 'S', NONE, `${p}/${q}`, `${p}/${q}`.length * 4)
    node.p = p
    node.q = q
    return node
  }
  /** `functional` is undefined for a deterministic name. */
  name(type, label, functional) {
    return this.make('name', type, NONE, label, 1, functional === undefined ? NONE : [functional])
  }
  vector(x) { // the scalar 0 is the vector 0 too (isZero is set by the owner)
    if (x.type === 'V') return x
    if (this.isZero(x)) return this.make('sum', 'V', NONE, '', 1)
    return refuse('a vector expected, a scalar found')
  }
  scalar(x) { return x.type === 'S' ? x : refuse('a scalar expected, a vector found') }

  static total(args) { return args.reduce((n, a) => n + a.size, 1) }
  sum(args) {
    if (args.length === 1) return args[0]
    const type = args.some((a) => a.type === 'V') ? 'V' : 'S'
    return this.make('sum', type, type === 'V' ? args.map((a) => this.vector(a)) : args, '', Nodes.total(args))
  }
  prod(args) {
    if (args.length === 1) return args[0]
    const vectors = args.filter((a) => a.type === 'V').length
    if (vectors > 1) refuse('a product of two vectors')
    return this.make('prod', vectors ? 'V' : 'S', args, '', Nodes.total(args))
  }
  neg(x) { return this.prod([this.num(-1n), x]) }
  sub(x, y) { return this.sum([x, this.neg(y)]) }
  inv(x) { return this.make('inv', 'S', [this.scalar(x)], '', x.size + 1) }
  pow(x, n) { return n === 1 ? this.scalar(x) : this.make('pow', 'S', [this.scalar(x)], n, (x.size + 1) * Math.max(n, 1)) }
  inner(u, v) { const a = [this.vector(u), this.vector(v)]; return this.make('inner', 'S', a, '', Nodes.total(a)) }
  max(x, y) { const a = [this.scalar(x), this.scalar(y)]; return this.make('max', 'S', a, '', Nodes.total(a)) }
  fn(op, x) { return this.make(op, 'S', [this.scalar(x)], '', x.size + 1) } // sqrt, exp
  E(functional, x) {
    return this.make('E', 'S', [this.scalar(x)], functional, x.size * 64, x.free.filter((f) => f !== functional))
  }
  /** m - x or m - y, as choice number `key` says (`flip`: the other way round). */
  pick(key, m, x, y, flip) { const a = flip ? [m, y, x] : [m, x, y]; return this.make('pick', 'S', a, key, Nodes.total(a)) }
}

const TOKEN = /([0-9]+)|([A-Za-z][A-Za-z0-9_]*)|(\*\*|>=|<=|==|[-+*/()[\],<>])/y

function tokens(source) {
  if (typeof source !== 'string') refuse('an expression is not a string')
  const out = []
  for (let at = 0; ;) {
    while (source[at] === ' ') at++
    if (at === source.length) return out
    TOKEN.lastIndex = at
    const m = TOKEN.exec(source)
    if (!m) refuse(`an unknown character in ${JSON.stringify(source.slice(0, 60))}`)
    if (m[1] && m[1].length > 300) refuse('an integer of more than 300 digits')
    out.push(m[1] ? { integer: BigInt(m[1]) } : m[2] ? { name: m[2] } : { sign: m[3] })
    at = TOKEN.lastIndex
  }
}

const ARITY = { inner: 2, Abs: 1, sqrt: 1, exp: 1, Max: 2, Min: 2 }
const MAX_NEST = 40

/** scope: names, a Map of name -> node (what the name stands for), and functionals, a Map of name -> index. */
class Parser {
  constructor(nodes, scope, source) { this.n = nodes; this.scope = scope; this.list = tokens(source); this.at = 0; this.depth = -1 }
  peek(...signs) { return signs.includes(this.list[this.at]?.sign) ? this.list[this.at].sign : undefined }
  take(...signs) { const s = this.peek(...signs); if (s) this.at++; return s }
  need(sign) { return this.take(sign) ?? refuse(`${sign} expected in an expression`) }
  end() { if (this.at !== this.list.length) refuse('an expression goes on after its end') }

  relation() {
    const left = this.n.scalar(this.sum())
    const op = this.take('>=', '>', '==', '<=', '<') ?? refuse('no relation sign')
    const right = this.n.scalar(this.sum())
    this.end()
    if (op[0] === '<') return { op: op.replace('<', '>'), p: this.n.sub(right, left) }
    return { op, p: this.n.sub(left, right) }
  }
  sum() {
    if (++this.depth >= MAX_NEST) refuse('an expression nested too deep')
    const list = [this.product()]
    for (let s; (s = this.take('+', '-'));) list.push(s === '-' ? this.n.neg(this.product()) : this.product())
    this.depth--
    return this.n.sum(list)
  }
  product() {
    const list = [this.signed()]
    for (let s; (s = this.take('*', '/'));) list.push(s === '/' ? this.n.inv(this.signed()) : this.signed())
    return this.n.prod(list)
  }
  signed() { return this.take('-') ? this.n.neg(this.power()) : this.power() }
  power() {
    const base = this.primary()
    if (!this.take('**')) return base
    const negative = this.take('-')
    const e = this.list[this.at++]?.integer
    if (e === undefined || e > 32n) refuse('an exponent that is not an integer up to 32')
    const x = this.n.scalar(base)
    return negative && e > 0n ? this.n.pow(this.n.inv(x), Number(e)) : this.n.pow(x, Number(e))
  }
  primary() {
    if (this.take('(')) { const x = this.sum(); this.need(')'); return x }
    const t = this.list[this.at++] ?? refuse('an expression ends too early')
    if (t.integer !== undefined) return this.n.num(t.integer)
    if (t.name === undefined) refuse(`${t.sign} in the wrong place`)
    if (this.take('(')) {
      if (!Object.hasOwn(ARITY, t.name)) refuse(`${t.name} is no function`)
      const args = [this.sum()]
      while (this.take(',')) args.push(this.sum())
      this.need(')')
      if (args.length !== ARITY[t.name]) refuse(`${t.name} with ${args.length} arguments`)
      return this.call(t.name, args)
    }
    if (this.take('[')) {
      const f = this.scope.functionals.get(t.name) ?? refuse(`${t.name} is no functional`)
      const x = this.sum()
      this.need(']')
      return this.n.E(f, x)
    }
    return this.scope.names.get(t.name) ?? refuse(`the unknown name ${t.name}`)
  }
  call(f, [x, y]) {
    const n = this.n
    if (f === 'inner') return n.inner(x, y)
    if (f === 'Max') return n.max(x, y)
    if (f === 'Min') return n.neg(n.max(n.neg(n.scalar(x)), n.neg(n.scalar(y))))
    if (f === 'Abs') return n.max(x, n.neg(n.scalar(x)))
    return n.fn(f, x)
  }
}

/** {op: '>=' | '>' | '==', p: node}, meaning p op 0. */
export const parseRelation = (nodes, scope, source) => new Parser(nodes, scope, source).relation()

export function parseExpression(nodes, scope, source) {
  const p = new Parser(nodes, scope, source)
  const x = p.sum()
  p.end()
  return x
}
