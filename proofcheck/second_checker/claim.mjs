// Claims (section 2): what is declared, what is assumed, where one may divide.
import { Nodes, parseRelation, parseExpression, visibleMonomial } from './expr.mjs'
import { Field } from './field.mjs'
import { refuse, readJson, keys, list, text, name } from './text.mjs'

const subset = (set, other) => [...set].every((x) => other.has(x))
const KINDS = { scalar: 'S', vector: 'V' }

export class Claim {
  constructor(source, prime, seconds) {
    const c = keys(readJson(source), 'the claim', ['format', 'name', 'scalars', 'vectors', 'functionals', 'assume', 'target'])
    if (c.format !== 'proofcheck-claim/1') refuse('the format is not proofcheck-claim/1')
    this.name = text(c.name, 'the name of the claim')
    this.nodes = new Nodes()
    this.checked = new Set() // nodes known to be well formed
    this.divisors = []
    this.roots = []
    this.declare(c)
    this.field = new Field(prime, this.functionals.map((f) => f.probability), seconds)
    this.nodes.isZero = (x) => this.field.isZero(x)
    this.assume = list(c.assume, 'assume').map((a) => this.assumption(a))
    this.target = { source: text(c.target, 'the target'), bound: {}, names: [] }
    // First the divisors of all unquantified relations, then the check that nothing else is divided by.
    const all = [...this.assume, this.target]
    for (const a of all) Object.assign(a, this.formal(a))
    for (const a of all) if (!a.names.length) this.collect(a.p, new Set())
    for (const d of [...this.divisors]) this.divisors.push(...this.factors(d))
    for (const a of all) this.relation(a)
    for (const a of all) a.random = [...this.field.random(a.p)].map((f) => this.functionals[f].label)
  }

  declare(c) {
    this.scope = { names: new Map(), functionals: new Map() }
    this.functionals = []
    const taken = new Set()
    const fresh = (x, what) => { if (taken.has(name(x, what))) refuse(`${x} is declared twice`); taken.add(x); return x }
    const declare = (type, labels, f) => list(labels, 'a list of names').map((x) => {
      this.scope.names.set(fresh(x, 'a declared name'), this.nodes.name(type, x, f))
      return x
    })
    this.scalars = declare('S', c.scalars)
    this.vectors = declare('V', c.vectors)
    if (typeof c.functionals !== 'object' || Array.isArray(c.functionals) || !c.functionals) refuse('functionals is not an object')
    for (const [label, f] of Object.entries(c.functionals)) {
      keys(f, `the functional ${label}`, ['probability', 'scalars', 'vectors'])
      if (typeof f.probability !== 'boolean') refuse('probability is neither true nor false')
      const i = this.functionals.length
      this.scope.functionals.set(fresh(label, 'a functional'), i)
      this.functionals.push({ label, probability: f.probability })
      Object.assign(this.functionals[i], { scalars: declare('S', f.scalars, i), vectors: declare('V', f.vectors, i) })
    }
    this.taken = taken
  }

  assumption(a) {
    if (typeof a === 'string') return { source: a, bound: {}, names: [] }
    keys(a, 'an assumption', ['forall', 'holds'])
    const bound = keys(a.forall, 'forall', [], Object.keys(a.forall ?? {}))
    for (const [x, kind] of Object.entries(bound)) {
      if (this.taken.has(name(x, 'a bound name'))) refuse(`the bound name ${x} is taken`)
      if (kind !== 'scalar' && kind !== 'vector') refuse(`${x} is bound as neither scalar nor vector`)
    }
    return { source: text(a.holds, 'holds'), bound, names: Object.keys(bound) }
  }

  /** The relation with its bound names standing for themselves ("?x" is no declared name). */
  formal(a) {
    return parseRelation(this.nodes, this.with(a.names.map((x) => [x, this.nodes.name(KINDS[a.bound[x]], `?${x}`)])), a.source)
  }
  with(pairs) { return { names: new Map([...this.scope.names, ...pairs]), functionals: this.scope.functionals } }

  collect(node, seen) {
    if (seen.has(node)) return
    seen.add(node)
    for (const a of node.args) this.collect(a, seen)
    if (node.op === 'inv') this.divisors.push(node.args[0])
    if (node.op === 'sqrt') this.roots.push(node.args[0])
  }

  /** The factors of a divisor that is visibly a product of powers of names, inner products, moments and function values other than roots. */
  factors(d) {
    const out = []
    const walk = (x) => {
      if (x.op === 'pow' && x.data === 0) return // 1, whatever the base is
      if (['prod', 'pow', 'inv'].includes(x.op)) x.args.forEach(walk)
      else if (x.op !== 'num') out.push(x)
    }
    if (visibleMonomial(d)) walk(d)
    return out
  }

  /** Nonzero wherever the claim means something: up to a number, a product of powers of its divisors. */
  mayDivide(d) {
    if (this.field.isZero(d)) refuse('a divisor that is identically 0')
    if (this.divisors.some((e) => e === d)) return true
    const one = this.nodes.num(1n)
    const direct = (x) => this.field.proportional(x, one) || this.divisors.some((e) => this.field.proportional(x, e))
    const parts = (x) => direct(x) || (['prod', 'pow', 'inv'].includes(x.op) && x.args.every(parts))
    return parts(d)
  }
  /** Refuses an expression that means nothing here: random where it may not be, or dividing where the claim does not. */
  wellFormed(node) {
    if (this.checked.has(node)) return node
    for (const a of node.args) this.wellFormed(a)
    const { op, args } = node
    const random = () => new Set(args.flatMap((a) => [...this.field.random(a)]))
    if (['max', 'sqrt', 'exp', 'inv', 'inner'].includes(op) && random().size > 1) refuse(`${op} of something random under two functionals`)
    if (op === 'E' && !subset(this.field.random(args[0]), new Set([node.data]))) refuse('a moment of something random under another functional')
    if (op === 'inv' && !this.mayDivide(args[0])) refuse('a divisor that is none of the claim')
    if (op === 'sqrt' && !this.roots.some((r) => r === args[0] || this.field.equal(r, args[0]))) refuse('a root of something that is under no root in the claim')
    this.checked.add(node)
    return node
  }
  relation(r) {
    this.wellFormed(r.p)
    if (this.field.random(r.p).size > 1) refuse('a relation random under two functionals')
    return r
  }

  readRelation(source, scope = this.scope) { return this.relation(parseRelation(this.nodes, scope, text(source, 'a relation'))) }
  read(source, type) {
    const x = parseExpression(this.nodes, this.scope, text(source, 'an expression'))
    return this.wellFormed(type === 'V' ? this.nodes.vector(x) : this.nodes.scalar(x))
  }
  /** Assumption n at given values of its bound names. */
  instance(n, values) {
    const a = this.assume[n]
    return this.readRelation(a.source, this.with(a.names.map((x) => [x, this.read(values[x], KINDS[a.bound[x]])])))
  }
}
