// Sums of terms, their factors, and the facts they mention (section 3).
import { refuse, keys, list, index, rational, isObject } from './text.mjs'

const MAX_CHOICES = 14, MAX_JOINS = 100_000
export const subset = (set, other) => [...set].every((x) => other.has(x))

export class Terms {
  constructor(claim, lemmas) {
    Object.assign(this, { claim, lemmas, nodes: claim.nodes, field: claim.field })
    this.maxima = [] // of which a fact m - x' or m - y' is used; their order is an open choice
    this.ends = [] // for each sum of terms the choices under which it is 0
  }

  // --- facts: {p, op, pins, random}; pins: depths of the fixed points at which it holds ---

  /** A fact that is not random holds everywhere or nowhere, so it has no pins. */
  fact(p, op, pins) {
    const random = this.field.random(p)
    return { p, op, random, pins: random.size ? new Set(pins) : new Set() }
  }

  /** Something random may stand only where its random names have a meaning: a fixed point, or the integral around it. */
  placed(random, allowed) { if (!subset(random, allowed)) refuse('something is random that may not be random here') }
  use(x, place) { this.placed(this.field.random(x), place.allowed); return x }

  // --- the end of a proof: the sum is identically 0, for some order of the Max in it ---

  end(node) {
    const k = node.picks
    if (k.length > MAX_CHOICES) refuse('too many facts on Max in one sum (a limit of this checker)')
    const good = []
    for (let bits = 0; bits < 2 ** k.length; bits++) {
      const picks = []
      k.forEach((key, i) => { picks[key] = bits >> i & 1 })
      if (this.field.isZero(node, picks)) good.push(picks)
    }
    if (!good.length) refuse('a sum of terms is not identically 0')
    if (k.length) this.ends.push({ k, good })
  }
  /** One choice for each Max that fits all sums. (Any choice is sound, both facts being true; this is the document's rule.) */
  join(i, chosen, budget = { left: MAX_JOINS }) {
    if (i === this.ends.length) return true
    const { k, good } = this.ends[i]
    for (const picks of good) {
      if (--budget.left < 0) refuse('too many choices (a limit of this checker)')
      if (k.some((key) => chosen.has(key) && chosen.get(key) !== picks[key])) continue
      if (this.join(i + 1, new Map([...chosen, ...k.map((key) => [key, picks[key]])]), budget)) return true
    }
    return i ? false : refuse('no order of the Max fits all sums')
  }

  // --- terms ---

  terms(items, place) {
    const all = list(items, 'terms').map((t) => this.term(t, place))
    return { node: this.nodes.sum([this.nodes.num(0n), ...all.map((t) => t.node)]), strict: all.some((t) => t.strict) }
  }
  term(t, place) {
    if (isObject(t) && Object.hasOwn(t, 'equation')) {
      keys(t, 'a term', ['equation', 'times'])
      const fact = this.mention(t.equation, place)
      if (fact.op !== '==') refuse('an inequality used as an equation')
      return { node: this.nodes.prod([fact.p, this.use(this.claim.read(t.times, 'S'), place)]), strict: false }
    }
    return this.product(t, place)
  }
  product(t, place) {
    keys(t, 'a term', ['factors'], ['coefficient'])
    const [p, q] = Object.hasOwn(t, 'coefficient') ? rational(t.coefficient, 'a coefficient') : [1n, 1n]
    if (p < 0n) refuse('a negative coefficient')
    const all = list(t.factors, 'factors').map((f) => this.factor(f, place))
    return { node: this.nodes.prod([this.nodes.num(p, q), ...all.map((f) => f.node)]), strict: p > 0n && all.every((f) => f.strict) }
  }
  /** A value >= 0 (strict: > 0) at the place where it stands. */
  factor(f, place) {
    if (!isObject(f)) refuse('a factor is not an object')
    const has = (k) => Object.hasOwn(f, k)
    if (has('fact')) {
      const fact = this.mention(keys(f, 'a factor', ['fact']).fact, place)
      if (fact.op === '==') refuse('an equation used as an inequality')
      return { node: fact.p, strict: fact.op === '>' }
    }
    if (has('square')) {
      keys(f, 'a factor', ['square'])
      return { node: this.nodes.pow(this.use(this.claim.read(f.square, 'S'), place), 2), strict: false }
    }
    if (has('norm2')) {
      keys(f, 'a factor', ['norm2'])
      const v = this.use(this.claim.read(f.norm2, 'V'), place)
      return { node: this.claim.wellFormed(this.nodes.inner(v, v)), strict: false }
    }
    if (has('E')) {
      keys(f, 'a factor', ['E', 'terms'])
      const functional = this.functional(f.E)
      const { node, strict } = this.terms(f.terms, this.under(functional, place))
      // A positive integrand may have the integral 0 if the measure is 0, not if it is a probability.
      return { node: this.nodes.E(functional, node), strict: strict && this.claim.functionals[functional].probability }
    }
    if (has('gram')) return { node: this.gram(f, place), strict: false }
    return refuse('an unknown kind of factor')
  }
  functional(label) {
    if (typeof label !== 'string') refuse('a functional is not a string')
    return this.claim.scope.functionals.get(label) ?? refuse(`${label} is no functional`)
  }
  /** Inside an integral: the integrand must be >= 0 almost everywhere, so nothing that holds at a fixed point counts. */
  under(functional, place) { return { ...place, allowed: new Set([functional]), integral: true } }

  gram(f, place) {
    keys(f, 'a factor', ['gram'], ['functional', 'weight'])
    const functional = (f.functional ?? null) === null ? null : this.functional(f.functional)
    if (Object.hasOwn(f, 'weight') && functional === null) refuse('a weight without a functional')
    const inside = functional === null ? place : this.under(functional, place)
    const n = list(f.gram, 'gram').length
    if (n < 1 || n > 4) refuse('a Gram matrix has 1 to 4 entries')
    let entries = f.gram.map((e) => this.claim.read(e, this.kind(e)))
    const vectors = entries.some((e) => e.type === 'V')
    entries = entries.map((e) => this.use(vectors ? this.nodes.vector(e) : e, inside))
    const weight = Object.hasOwn(f, 'weight') ? [this.product(f.weight, inside).node] : []
    const cell = (a, b) => {
      const x = vectors ? this.claim.wellFormed(this.nodes.inner(a, b)) : this.nodes.prod([a, b])
      return functional === null ? x : this.nodes.E(functional, this.nodes.prod([...weight, x]))
    }
    const matrix = entries.map((a) => entries.map((b) => cell(a, b)))
    const det = (rows, columns) => rows.length ? this.nodes.sum(columns.map((c, i) => this.nodes.prod([
      this.nodes.num(i % 2 ? -1n : 1n), matrix[rows[0]][c], det(rows.slice(1), columns.filter((x) => x !== c))]))) : this.nodes.num(1n)
    return det([...entries.keys()], [...entries.keys()])
  }
  kind(source) { try { this.claim.read(source, 'S'); return 'S' } catch { return 'V' } }

  // --- facts that a term mentions ---

  mention(f, place) {
    const fact = typeof f === 'string' ? place.scope.get(f) ?? refuse(`the unknown fact ${f}`) : this.given(f, place)
    this.placed(fact.random, place.allowed)
    if (place.integral && fact.pins.size) refuse('a fact at a fixed point used under an integral')
    for (const k of fact.pins) place.used.add(k)
    return fact
  }
  given(f, place) {
    const n = this.nodes
    if (isObject(f) && Object.hasOwn(f, 'exp_sum')) {
      keys(f, 'a fact', ['exp_sum'])
      if (list(f.exp_sum, 'exp_sum').length !== 2) refuse('exp_sum takes two expressions')
      const [x, y] = f.exp_sum.map((e) => this.claim.read(e, 'S'))
      const p = n.sub(n.prod([n.fn('exp', x), n.fn('exp', y)]), n.fn('exp', n.sum([x, y])))
      return this.fact(this.use(this.claim.wellFormed(p), place), '==', [])
    }
    keys(f, 'a fact', ['definition', 'part'])
    const whole = this.use(this.claim.read(f.definition, 'S'), place)
    const m = this.functionValue(whole), x = m.args?.[0]
    const parts = {
      max: () => [...[0, 1].map((i) => [this.order(m, i === 1), '>=']), [n.prod(m.args.map((a) => n.sub(m, a))), '==']],
      sqrt: () => [[m, '>='], [n.sub(n.pow(m, 2), x), '==']],
      inv: () => [[n.sub(n.prod([m, x]), n.num(1n)), '==']],
      exp: () => [[m, '>'], [n.sum([m, n.num(-1n), n.neg(x)]), '>=']],
    }[m.op]()
    const [p, op] = parts[index(f.part, parts.length, 'part')]
    return this.fact(p, op, [])
  }
  /** The function value that an expression is, up to a rational factor. */
  functionValue(x) {
    const zero = (a) => this.field.isZero(a)
    const numeric = (a) => this.field.proportional(a, this.nodes.num(1n))
    const rest = x.op === 'prod' && !zero(x) ? x.args.filter((a) => !numeric(a))
      : x.op === 'sum' ? x.args.filter((a) => !zero(a)) : []
    if (rest.length === 1) return this.functionValue(rest[0])
    if (!['max', 'sqrt', 'inv', 'exp'].includes(x.op)) refuse('a definition of something that is no function value')
    if (x.op === 'max' && this.field.equal(...x.args)) refuse('Max(x, x) is x')
    if (x.op === 'exp' && this.field.isZero(x.args[0])) refuse('exp(0) is 1')
    return x
  }
  /** m - x' (or m - y', if `second`), where the order of x and y is choice number `key` of this certificate. */
  order(m, second) {
    const [x, y] = m.args
    let key = this.maxima.findIndex((k) => k.x === x && k.y === y), turned = false
    if (key < 0) {
      const eq = (a, b) => this.field.equal(a, b)
      key = this.maxima.findIndex((k) => (eq(k.x, x) && eq(k.y, y)) || (turned = eq(k.x, y) && eq(k.y, x)))
    }
    if (key < 0) key = this.maxima.push({ x, y }) - 1
    return this.nodes.pick(key, m, x, y, turned !== second)
  }
}
