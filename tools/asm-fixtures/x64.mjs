// Writes the fixture that packages/diffeo/test/unit/asm/x64 reads: each line is what GNU as makes of an instruction,
// its text, and the call of our assembler that must give the same. Run: node tools/asm-fixtures/x64.mjs
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generalCases } from './x64-general.mjs'
import { specialCases } from './x64-special.mjs'
import { tableCases } from './x64-tables.mjs'
import { cases } from './x64-vector.mjs'

const target = fileURLToPath(new URL('../../packages/diffeo/test/unit/asm/x64/gnu-as.tsv', import.meta.url))

/** Every case lies between two symbols, from which its bytes are cut. */
const assemble = (texts) => {
  const folder = mkdtempSync(join(tmpdir(), 'asm-'))
  try {
    const file = (name) => join(folder, name)
    const lines = texts.map((text, i) => `b${i}_: ${text.replace('BEGIN', `b${i}_`).replace('END', `b${i + 1}_`)}`)
    writeFileSync(file('a.s'), `.intel_syntax noprefix\n${lines.join('\n')}\nb${texts.length}_:\n`)
    execFileSync('as', ['--64', '-o', file('a.o'), file('a.s')], { stdio: 'inherit' })
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', file('a.o'), file('a.bin')])
    const symbols = execFileSync('nm', [file('a.o')], { encoding: 'utf8', maxBuffer: 1 << 26 })
    const at = new Map([...symbols.matchAll(/^([0-9a-f]+) \w (b\d+_)$/gm)].map(([, hex, s]) => [s, parseInt(hex, 16)]))
    const code = readFileSync(file('a.bin'))
    return texts.map((_, i) => code.subarray(at.get(`b${i}_`), at.get(`b${i + 1}_`)).toString('hex'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Addresses as short arrays. */
const compact = (value) => {
  if (value?.base === undefined) return value
  const { base, disp = 0, index, scale = 1 } = value
  return index !== undefined ? [base, disp, index, scale] : disp !== 0 ? [base, disp] : [base]
}

tableCases()
specialCases()
generalCases()
const unique = [...new Map(cases.map((c) => [`${c.text} ${c.call[0]} ${c.call.at(-1) === 'avx2'}`, c])).values()]
const hex = assemble(unique.map((c) => c.text))
const lines = unique.map(({ text, call }, i) => `${hex[i]}\t${text}\t${JSON.stringify(call.map(compact)).slice(1, -1)}`)
writeFileSync(target, lines.join('\n') + '\n')
console.log(`${lines.length} cases, ${lines.join('\n').length} bytes`)
