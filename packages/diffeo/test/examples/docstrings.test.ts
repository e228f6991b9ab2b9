/**
 * @file The examples of doc comments run, and give what stands behind `//`: those of linear algebra, transforms and
 * special functions. What the root exports is there by its name.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as diffeo from 'diffeo'
import { describe, expect, it } from 'vitest'
import { repository } from './support/blocks.ts'
import { run } from './support/run.ts'

const src = join(repository, 'packages/diffeo/src')
const files = ['linalg', 'fft', 'tensor/library']
  .flatMap(folder => readdirSync(join(src, folder)).map(name => join(src, folder, name)))

interface Example { readonly line: number; readonly code: readonly string[] }

/** The code behind @example, to the end of its comment. */
function examplesOf(path: string): Example[] {
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/@example\s([\s\S]*?)\*\//g)].map(m => ({
    line: text.slice(0, m.index).split('\n').length,
    code: m[1].split('\n').map(l => l.replace(/^\s*\* ?/, '').trimEnd()).filter(l => l.trim() !== ''),
  }))
}

const names = Object.keys(diffeo).join(', ')
/** Each line that has a value behind `//` prints it. */
const program = ({ code }: Example): string => [
  `import * as all from 'diffeo'`, `const { ${names} } = all`, '{',
  ...code.map(line => line.replace(/^(?!const )(\S.*?) \/\/ (.*)$/, (_, does: string, gives: string) =>
    `console.log(${does}) // → ${gives}`)),
  '}',
].join('\n')

for (const path of files) {
  const examples = examplesOf(path)
  if (examples.length === 0) continue
  describe(basename(path), () => {
    for (const e of examples) {
      it(`line ${e.line}`, async () => {
        expect(e.code.some(line => /^(?!const ).* \/\/ /.test(line)), 'the example shows a value').toBe(true)
        expect(await run(program(e))).toEqual([])
      })
    }
  })
}
