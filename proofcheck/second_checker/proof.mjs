// Proofs and their steps (section 3).
import { Claim } from './claim.mjs'
import { Terms, subset } from './terms.mjs'
import { refuse, readJson, keys, list, text, name, index, isObject } from './text.mjs'

const SECONDS = 20
const same = (x, y) => x.size === y.size && subset(x, y)

class Certificate extends Terms {
  /** A label of this PROOF or one around it. Refused if taken: no text may mean two things. */
  add(scope, label, fact) {
    if (scope.has(label)) refuse(`the label ${label} is taken`)
    scope.set(label, fact)
  }

  check(proof) {
    const scope = new Map()
    this.claim.assume.forEach((a, i) => { if (!a.names.length) this.add(scope, `a${i}`, this.fact(a.p, a.op, [])) })
    this.prove(this.claim.target, proof, 'target', scope, 1, new Set())
    this.join(0, new Map())
  }

  /** Proves p op 0 at this depth; gives the pins of what was used from outside. */
  prove({ p, op }, proof, label, scope, depth, open) {
    const random = this.field.random(p)
    // The negation of "almost everywhere" is "on a set of positive measure"; what holds almost everywhere holds at some
    // point of that set, which is fixed here for the whole proof.
    const inside = new Set([...open, ...random])
    const one = (q, strict, text) => {
      const here = new Map(scope)
      this.add(here, label, this.fact(q, strict, [depth]))
      return this.proof(text, here, depth, inside)
    }
    let pins
    if (op === '==') {
      if (!Array.isArray(proof) || proof.length !== 2) refuse('an equality needs a list of two proofs')
      pins = [...one(this.nodes.neg(p), '>', proof[0]), ...one(p, '>', proof[1])]
    } else pins = one(this.nodes.neg(p), op === '>' ? '>=' : '>', proof)
    return new Set([...pins].filter((k) => k < depth))
  }

  proof(proof, scope, depth, open) {
    if (isObject(proof) && Object.hasOwn(proof, 'split')) {
      keys(proof, 'a proof', ['split', 'as', 'nonneg', 'neg'], ['steps'])
      this.steps(Object.hasOwn(proof, 'steps') ? proof.steps : [], scope, depth, open)
      const x = this.claim.read(proof.split, 'S')
      this.placed(this.field.random(x), open)
      if (this.field.random(x).size > 1) refuse('a split at something random under two functionals')
      name(proof.as, 'the label of a split')
      const branch = (p, op, text) => {
        const here = new Map(scope)
        this.add(here, proof.as, this.fact(p, op, [depth + 1]))
        return this.proof(text, here, depth + 1, open)
      }
      // x >= 0 or -x > 0 at the fixed point, whatever the point is.
      return new Set([...branch(x, '>=', proof.nonneg), ...branch(this.nodes.neg(x), '>', proof.neg)])
    }
    keys(proof, 'a proof', ['terms'], ['steps'])
    this.steps(Object.hasOwn(proof, 'steps') ? proof.steps : [], scope, depth, open)
    const used = new Set()
    const { node, strict } = this.terms(proof.terms, { scope, allowed: open, integral: false, used })
    if (!strict) refuse('no term is > 0')
    this.end(node)
    return used
  }

  steps(items, scope, depth, open) {
    for (const s of list(items, 'steps')) {
      if (!isObject(s)) refuse('a step is not an object')
      const has = (k) => Object.hasOwn(s, k)
      const kind = has('have') ? 'have' : has('instance') ? 'instance' : has('use') ? 'lemma' : refuse('an unknown kind of step')
      const { p, op, pins } = this[kind](s, scope, depth, open)
      this.add(scope, s.as, this.fact(p, op, pins))
    }
  }
  have(s, scope, depth, open) {
    keys(s, 'a step', ['have', 'as', 'proof'])
    const r = this.claim.readRelation(s.have)
    return { ...r, pins: this.prove(r, s.proof, `not ${name(s.as, 'a label')}`, scope, depth + 1, open) }
  }
  instance(s) {
    keys(s, 'a step', ['instance', 'with', 'as'])
    name(s.as, 'a label')
    const n = index(s.instance, this.claim.assume.length, 'instance'), a = this.claim.assume[n]
    if (!a.names.length) refuse('an instance of an assumption that is not quantified')
    keys(s.with, 'with', a.names)
    // "for all q, almost everywhere" is a statement for each q; at a random q it would be one for each point.
    for (const x of a.names) this.placed(this.field.random(this.claim.read(s.with[x], a.bound[x] === 'vector' ? 'V' : 'S')), new Set())
    return { ...this.claim.instance(n, s.with), pins: [] }
  }
  lemma(s, scope, depth, open) {
    keys(s, 'a step', ['use', 'with', 'functionals', 'random', 'proofs', 'as'])
    name(s.as, 'a label')
    const lemma = this.lemmas(text(s.use, 'use'))
    const { field, claim } = this
    if (lemma.assume.some((a) => a.names.length)) refuse('a claim with a quantified assumption is not used')
    const measures = lemma.functionals.length > 0
    const functionals = new Map(), names = new Map(), all = new Set()
    keys(s.functionals, 'functionals', lemma.functionals.map((f) => f.label))
    for (const g of lemma.functionals) {
      const f = this.functional(s.functionals[g.label])
      if (g.probability && !claim.functionals[f].probability) refuse('a probability replaced by a measure')
      if (open.has(f)) refuse('an open functional put into a claim')
      functionals.set(g.label, f)
    }
    const put = (label, type, source, allowed) => {
      const x = claim.read(text(source, 'an expression'), type)
      for (const f of field.random(x)) all.add(f)
      if (allowed) this.placed(field.random(x), allowed)
      names.set(label, x)
    }
    keys(s.with, 'with', [...lemma.scalars, ...lemma.vectors])
    for (const x of lemma.scalars) put(x, 'S', s.with[x], measures && new Set())
    for (const x of lemma.vectors) put(x, 'V', s.with[x], measures && new Set())
    keys(s.random, 'random', lemma.functionals.flatMap((g) => [...g.scalars, ...g.vectors]))
    for (const g of lemma.functionals) {
      const allowed = new Set([functionals.get(g.label)])
      for (const x of g.scalars) put(x, 'S', s.random[x], allowed)
      for (const x of g.vectors) put(x, 'V', s.random[x], allowed)
    }
    const instance = (a) => claim.readRelation(a.source, { names, functionals })
    const target = instance(lemma.target), pins = new Set()
    // The lemma speaks of almost all points; a statement that is no longer random would be claimed even for the measure 0,
    // and an assumption that becomes random would hold for it for want of points.
    const meant = (a) => measures ? new Set(a.random.map((g) => functionals.get(g))) : all
    const targetRandom = field.random(target.p)
    if (measures ? !subset(meant(lemma.target), targetRandom) : !same(all, targetRandom)) refuse('the target of a used claim is not random any more')
    keys(s.proofs, 'proofs', lemma.assume.map((_, i) => `a${i}`))
    lemma.assume.forEach((a, i) => {
      const r = instance(a)
      this.placed(field.random(r.p), meant(a))
      for (const k of this.prove(r, s.proofs[`a${i}`], `not ${s.as}.a${i}`, scope, depth + 1, open)) pins.add(k)
    })
    return { ...target, pins }
  }
}

/** Names of the claims that a certificate uses. */
export function uses(certificate) {
  const out = new Set()
  const walk = (x) => {
    if (x === null || typeof x !== 'object') return
    if (typeof x.use === 'string' && Object.hasOwn(x, 'with')) out.add(x.use)
    Object.values(x).forEach(walk)
  }
  walk(readJson(certificate))
  return out
}

/** Returns the claim if the certificate proves it, and throws otherwise. `lemmas`: name -> Claim, or throws. */
export function checkProof(claimText, certificateText, lemmas, prime) {
  const claim = new Claim(claimText, prime, SECONDS)
  const c = keys(readJson(certificateText), 'the certificate', ['format', 'proof'])
  if (c.format !== 'proofcheck-certificate/1') refuse('the format is not proofcheck-certificate/1')
  new Certificate(claim, lemmas).check(c.proof)
  return claim
}
