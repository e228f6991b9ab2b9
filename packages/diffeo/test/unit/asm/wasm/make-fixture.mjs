// Writes instructions.txt: every instruction of the opcode tables as wabt assembles it.
//   npm install wabt in some folder F, then: WABT_FROM=F/x.js node make-fixture.mjs   (made with wabt 1.0.39)
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(process.env.WABT_FROM ?? import.meta.url)
const wabt = await require('wabt')()
const features = { simd: true, relaxed_simd: true, threads: true }
const far = ' offset=1000000'
const suffix = { MEM_OPS: far, ATOMIC_OPS: far, LANE_OPS: ' 1', MEM_LANE_OPS: `${far} 1` }

function assemble(instruction) {
  const wat = wabt.parseWat('one.wat', `(module (memory 1) (func ${instruction}))`, features)
  const bytes = Buffer.from(wat.toBinary({}).buffer).toString('hex')
  return codeOf(bytes)
}

/** The module ends with section 10, its size, one function, its size, no locals, the instruction, end. */
function codeOf(bytes) {
  for (let at = bytes.length - 10; at > 0; at -= 2) {
    const rest = (bytes.length - at) / 2
    const header = Buffer.from([10, rest - 2, 1, rest - 4, 0]).toString('hex')
    if (bytes.startsWith(header, at)) return bytes.slice(at + 10, -2)
  }
  throw new Error(`no code section in ${bytes}`)
}

const lines = []
for (const file of ['scalar', 'simd', 'memory']) {
  const source = readFileSync(new URL(`../../../../src/asm/wasm/ops-${file}.ts`, import.meta.url), 'utf8')
  for (const [, table, body] of source.matchAll(/export const (\w+) = \{\n(.*?)\n\}/gs)) {
    for (const [, name] of body.matchAll(/'([^']+)': /g)) {
      lines.push(`${name} ${assemble(name + (suffix[table] ?? ''))}`)
    }
  }
}
writeFileSync(new URL('instructions.txt', import.meta.url), lines.join('\n') + '\n')
