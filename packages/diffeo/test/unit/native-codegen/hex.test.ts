/** @file DIFFEO_DEBUG=asm prints the machine code of each kernel once, as a disassembler wants it. */
import { expect, test, vi } from 'vitest'
import '../../../src/ops/index.ts'
import { emitKernels } from '../../../src/backend/native/codegen/index.ts'
import { nullTarget as target } from '../../../src/backend/null/index.ts'
import * as g from '../../../src/graph/build.ts'
import { compileProgram } from '../../../src/schedule/index.ts'
import { showStages } from '../../../src/util/debug.ts'

test('the bytes of a kernel in hex', () => {
  const [a, b] = [5, 9].map((n, i) => g.placeholder(i, [n], 'float32'))
  const outputs = [g.neg(a), g.neg(b), g.sum(a, [0])]
  const { program } = compileProgram(outputs, { target, leaf: n => n === a || n === b, updates: new Map() })
  const printed: string[] = []
  const error = vi.spyOn(console, 'error').mockImplementation((text: string) => { printed.push(text) })
  // stages stay on: this file has a process of its own
  showStages('asm')
  const { code } = emitKernels(program.kernels, target)
  error.mockRestore()
  expect(printed.length).toBe(2)
  let at = 0
  for (const text of printed) {
    const [head, ...lines] = text.split('\n')
    expect(head).toMatch(/^\[asm\] function .+: \d+ bytes$/)
    const bytes = Buffer.from(lines.join(''), 'hex')
    expect(bytes.equals(code.subarray(at, at + bytes.length))).toBe(true)
    at = Math.ceil((at + bytes.length) / 64) * 64
  }
  expect(at).toBe(code.length)
})
