// A checker of proof certificates, written from docs/certificate-format.md alone.
//   node check.mjs PATH...      folders and what is in them, or NAME.claim.json files with NAME.cert.json beside them
//   node check.mjs --json       one {"claim": text, "certificate": text, "lemmas": {name: text}} a line
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { basename, join } from 'node:path'
import { Claim } from './claim.mjs'
import { newPrime } from './field.mjs'
import { checkProof, uses } from './proof.mjs'
import { refuse } from './text.mjs'

const END = '.claim.json'
const reason = (e) => String(e?.message ?? e).replace(/\s+/g, ' ').slice(0, 300)

function readText(path) {
  if (statSync(path).size > 8_000_000) refuse('the text is too long')
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
}

const isFolder = (p) => statSync(p, { throwIfNoEntry: false })?.isDirectory()
/** The claims in a folder and the folders in it, links to folders left out. */
const claimsIn = (folder) => readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)
  .flatMap((e) => e.isDirectory() ? claimsIn(join(folder, e.name)) : e.name.endsWith(END) ? [join(folder, e.name)] : [])

function checkFiles(paths) {
  const files = paths.flatMap((p) => isFolder(p) ? claimsIn(p) : [p])
  let refused = 0
  const bad = (path, e) => { refused++; console.log(`REFUSED ${path}: ${reason(e)}`) }
  let waiting = new Map()
  for (const path of files) {
    try {
      if (!path.endsWith(END)) refuse(`the name does not end in ${END}`)
      const name = basename(path).slice(0, -END.length)
      if (waiting.has(name)) refuse('two claims of this name')
      const claim = readText(path), certificate = readText(path.slice(0, -END.length) + '.cert.json')
      waiting.set(name, { path, claim, certificate, uses: uses(certificate) })
    } catch (e) { bad(path, e) }
  }
  const prime = newPrime() // after all texts are read: nobody could write them for it
  const proved = new Map()
  for (let before = -1; before !== proved.size;) {
    before = proved.size
    for (const [name, pair] of waiting) {
      if (![...pair.uses].every((u) => proved.has(u))) continue
      waiting.delete(name)
      try {
        const start = Date.now()
        const claim = checkProof(pair.claim, pair.certificate, (u) => proved.get(u) ?? refuse(`the claim ${u} is not proved`), prime)
        if (claim.name !== name) refuse('the name of the claim is not that of its file')
        proved.set(name, claim)
        if (process.env.TIMES) console.log(`${Date.now() - start} ms ${name}`)
      } catch (e) { bad(pair.path, e) }
    }
  }
  for (const [, pair] of waiting) bad(pair.path, 'it uses a claim that is not proved, or itself')
  console.log(`${proved.size} claims proved, ${refused} refused`)
  return refused === 0 && proved.size > 0
}

function answer(line) {
  try {
    const { claim, certificate, lemmas = {} } = JSON.parse(line)
    const prime = newPrime()
    if (certificate === undefined) { new Claim(claim, prime, 20); return { accepted: true, reason: '' } }
    const read = new Map()
    const lemma = (name) => {
      if (!Object.hasOwn(lemmas, name)) refuse(`the claim ${name} is not proved`)
      if (!read.has(name)) read.set(name, new Claim(lemmas[name], prime, 20))
      return read.get(name).name === name ? read.get(name) : refuse('a claim under a wrong name')
    }
    checkProof(claim, certificate, lemma, prime)
    return { accepted: true, reason: '' }
  } catch (e) { return { accepted: false, reason: reason(e) } }
}

const args = process.argv.slice(2)
if (args[0] === '--json') for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(answer(line)))
else process.exitCode = checkFiles(args) ? 0 : 1
