// Deciding identities by evaluation in the field of a large random prime (section 4).
import { randomFillSync, generatePrimeSync } from 'node:crypto'
import { refuse } from './text.mjs'

const WORLDS = 3 // independent evaluations of everything
const MAX_ATOMS = 64
const NO_DEGREE = { deg: new Map(), inv: new Map(), req: new Map() }
const raise = (map, key, v) => { if (v > (map.get(key) ?? 0)) map.set(key, v) }

export const newPrime = () => generatePrimeSync(256, { bigint: true })

/** One random point: values of all names, Gram matrix, weights; atoms 1..n of each functional, and two free points 0, -1. */
class World {
  constructor(prime, atoms, probability, clock, formal) {
    Object.assign(this, { prime, atoms, probability, clock, formal })
    this.values = new Map() // of names, of inner products of names, of functions at values
    this.memo = new Map()
    this.weights = new Map()
  }
  random() {
    const b = randomFillSync(Buffer.allocUnsafe(40)) // 320 bits: the remainder is uniform up to 2^-64
    return BigInt('0x' + b.toString('hex')) % this.prime
  }
  /** A fresh random element for a key that has not been met, the same again for one that has. */
  at(key) {
    let v = this.values.get(key)
    if (v === undefined) this.values.set(key, v = this.random())
    return v
  }
  weight(f, i) {
    let w = this.weights.get(f)
    if (!w) {
      w = Array.from({ length: this.atoms }, () => this.random())
      if (this.probability[f]) w[0] = this.mod(1n - w.slice(1).reduce((a, b) => a + b, 0n))
      this.weights.set(f, w)
    }
    return w[i - 1]
  }
  mod(x) { const r = x % this.prime; return r < 0n ? r + this.prime : r }
  inverse(x) {
    let [a, b, u, v] = [this.prime, x, 0n, 1n]
    while (b) { const q = a / b; [a, b, u, v] = [b, a - q * b, v, u - q * v] }
    if (a !== 1n) refuse('a divisor that is identically 0')
    return this.mod(u)
  }

  /** env: which point each functional's random names are taken at; picks: the choice of each `pick`. */
  value(node, env, picks) {
    let key = node.id
    if (node.free.length || node.picks.length) key = `${key};${node.free.map((f) => env[f])};${node.picks.map((k) => picks[k])}`
    let v = this.memo.get(key)
    if (v === undefined) {
      if (Date.now() > this.clock.end) refuse('out of time (a limit of this checker)')
      this.memo.set(key, v = this.compute(node, env, picks))
    }
    return v
  }
  compute(node, env, picks) {
    const { op, args, type } = node
    const get = (a) => this.value(a, env, picks)
    switch (op) {
      case 'num': return this.mod(node.p * (node.q === 1n ? 1n : this.inverse(this.mod(node.q))))
      case 'name': {
        const at = `${node.data}@${node.free.length ? env[node.free[0]] : ''}`
        return type === 'V' ? new Map([[at, 1n]]) : this.at(at)
      }
      case 'sum': return type === 'V' ? this.combine(args.map((a) => [1n, get(a)])) : this.mod(args.reduce((s, a) => s + get(a), 0n))
      case 'prod': {
        let s = 1n
        for (const a of args) if (a.type === 'S') s = this.mod(s * get(a))
        return type === 'V' ? this.combine([[s, get(args.find((a) => a.type === 'V'))]]) : s
      }
      case 'pow': {
        const x = get(args[0])
        let s = 1n
        for (let i = 0; i < node.data; i++) s = this.mod(s * x)
        return s
      }
      // A random divisor that holds moments is an atom of its own (an unknown value, the same at the same argument): the
      // argument on the number of atoms of a functional is about polynomials in its weights, see `degrees`.
      case 'inv': { const x = get(args[0]); return opaque(node) || (this.formal && node.unclear) ? this.at(`inv ${x || refuse('a divisor 0')}`) : this.inverse(x) }
      case 'inner': {
        // Vectors are formal combinations of names at points, with random inner products: symmetric matrices are the
        // Zariski closure of the Gram matrices, so no coordinates are needed.
        const u = get(args[0]), v = get(args[1])
        let s = 0n
        for (const [a, x] of u) for (const [b, y] of v) s += this.mod(x * y) * this.at(a < b ? `${a} ${b}` : `${b} ${a}`)
        return this.mod(s)
      }
      case 'max': { const x = get(args[0]), y = get(args[1]); return x === y ? x : this.at(x < y ? `max ${x} ${y}` : `max ${y} ${x}`) }
      case 'sqrt': return this.at(`sqrt ${get(args[0])}`)
      case 'exp': { const x = get(args[0]); return x === 0n ? 1n : this.at(`exp ${x}`) }
      case 'pick': return this.mod(get(args[0]) - get(args[picks[node.data] ? 1 : 2]))
      case 'E': {
        let s = 0n
        for (let i = 1; i <= this.atoms; i++) {
          const there = env.slice()
          there[node.data] = i
          s += this.weight(node.data, i) * this.value(args[0], there, picks)
        }
        return this.mod(s)
      }
    }
    return refuse(`no value of ${op}`)
  }
  combine(list) {
    const out = new Map()
    for (const [c, v] of list) for (const [k, x] of v) out.set(k, this.mod((out.get(k) ?? 0n) + c * x))
    for (const [k, x] of out) if (x === 0n) out.delete(k)
    return out
  }
}

const opaque = (node) => node.free.length > 0 && node.moments

const same = (x, y) => typeof x === 'bigint' ? x === y : x.size === y.size && [...x].every(([k, v]) => y.get(k) === v)

export class Field {
  /** probability: for each functional (by index) whether its mass is 1. */
  constructor(prime, probability, seconds) {
    Object.assign(this, { prime, probability })
    this.clock = { end: Date.now() + 1000 * seconds }
    this.worlds = new Map()
    this.known = new Map()
    this.randoms = new Map()
    this.here = probability.map(() => 0)
  }

  /** deg: degree in each functional, inverses of deterministic divisors not counted; inv: those divisors, with exponents;
   * req: the degree at which the arguments of functions are told apart. Upper bounds. */
  degrees(node) {
    let d = this.known.get(node)
    if (d) return d
    if (!node.moments && node.op !== 'E') d = NO_DEGREE
    else {
      d = { deg: new Map(), inv: new Map(), req: new Map() }
      const { op, args } = node
      const parts = args.map((a) => this.degrees(a))
      for (const p of parts) for (const [f, n] of p.req) raise(d.req, f, n)
      for (const which of ['deg', 'inv']) {
        for (const p of parts) {
          for (const [f, n] of p[which]) {
            if (op === 'prod' || op === 'inner') d[which].set(f, (d[which].get(f) ?? 0) + n)
            else raise(d[which], f, op === 'pow' ? n * node.data : n)
          }
        }
      }
      if (op === 'E') d.deg.set(node.data, (d.deg.get(node.data) ?? 0) + 1)
      else if (op === 'inv' && !opaque(node)) {
        d.deg = new Map()
        d.inv = new Map([[args[0], 1]])
      } else if (['max', 'sqrt', 'exp', 'inv'].includes(op)) {
        for (const a of args) for (const [f, n] of this.cleared(this.degrees(a))) raise(d.req, f, n)
      }
    }
    this.known.set(node, d)
    return d
  }
  /** Degree of the difference of two such expressions, after multiplying by all divisors of both. */
  cleared(d) {
    const out = new Map(d.deg)
    for (const [x, e] of d.inv) for (const [f, n] of this.cleared(this.degrees(x))) out.set(f, (out.get(f) ?? 0) + 2 * e * n)
    return out
  }
  atoms(nodes) {
    let r = 1
    for (const node of nodes) {
      const d = this.degrees(node)
      for (const n of [...this.cleared(d).values(), ...d.req.values()]) r = Math.max(r, n)
    }
    return r
  }

  /** Worlds with at least as many atoms as the expressions need. */
  enough(...nodes) { return this.enoughFor(nodes, false) }
  enoughFor(nodes, formal) {
    if (Date.now() > this.clock.end) refuse('out of time (a limit of this checker)')
    const r = this.atoms(nodes)
    if (!(r <= MAX_ATOMS)) refuse('too large a degree in a functional (a limit of this checker)')
    let n = 2
    while (n < r) n *= 2
    const key = formal ? -n : n
    if (!this.worlds.has(key)) this.worlds.set(key, Array.from({ length: WORLDS }, () => new World(this.prime, n, this.probability, this.clock, formal)))
    return this.worlds.get(key)
  }

  value(world, node, picks = []) { return world.value(node, this.here, picks) }
  isZero(node, picks) { return this.enough(node).every((w) => this.value(w, node, picks) === 0n) }
  equal(x, y) { return this.enough(x, y).every((w) => same(this.value(w, x), this.value(w, y))) }
  /** x = c*y with a number c != 0. */
  proportional(x, y) {
    const ratios = this.enough(x, y).map((w) => w.mod(this.value(w, x) * w.inverse(this.value(w, y))))
    return ratios[0] !== 0n && ratios.every((c) => c === ratios[0])
  }

  /** The functionals an expression is random under: where its value changes with their random names alone. */
  random(node) {
    let out = this.randoms.get(node)
    if (!out) {
      const under = (f, formal) => this.enoughFor([node], formal).some((w) => {
        const there = this.here.slice()
        there[f] = -1
        return [0, 1].some((bit) => {
          const picks = []
          for (const k of node.picks) picks[k] = bit
          return !same(w.value(node, this.here, picks), w.value(node, there, picks))
        })
      })
      out = new Set(node.free.filter((f) => {
        const value = under(f, false)
        // (1+t)/(1+t) is 1 where it means anything, but a normal form may keep it: then the claim would speak of almost all
        // points only. Where the two readings differ, nothing is accepted.
        if (node.unclear && value !== under(f, true)) refuse('an expression that is random or not depending on how fractions are cancelled')
        return value
      }))
      this.randoms.set(node, out)
    }
    return out
  }
}
