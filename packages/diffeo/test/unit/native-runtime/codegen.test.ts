/** @file The linker with the real code generator. */
import { describe, expect, it } from 'vitest'
import { emitKernels } from '../../../src/backend/native/codegen/index.ts'
import { Builder } from '../../../src/kernel/builder.ts'
import type { Kernel, Target } from '../../../src/kernel/ir.ts'
import { external, program, tryLinker, unavailable } from './raw.ts'

/** out[i] = in[i]² + i over n rows of `width` (a multiple of the lanes) elements. */
const squares = (target: Target, n: number, width: number): Kernel => {
  const b = new Builder('squares', 4)
  const [from, to] = [b.arg(0), b.arg(1)]
  b.loop(b.param(1), b.param(2), 1, [], (row) => {
    const start = b.imul(row, width)
    b.loop(b.int(0), b.int(width), target.lanes, [], (column) => {
      const at = b.iadd(start, column)
      const x = b.load('f32', { base: from, index: at, scale: 4, disp: 0 }, target.lanes)
      const number = b.binary('add', b.splat(b.fromInt(at), target.lanes), b.iota(target.lanes))
      const value = b.fma(x, x, b.convert('i32ToF32', number))
      b.store('f32', { base: to, index: at, scale: 4, disp: 0 }, value)
      return []
    })
    return []
  })
  return {
    name: 'squares', entry: b.fn, callees: [], slots: 2, total: n, scratchBytes: 0, flops: 2 * n * width,
    bytes: 8 * n * width,
  }
}

describe.skipIf(unavailable !== null).each(['avx2', 'avx512'])('compiled kernels on %s', (isa) => {
  it.each([[1, false], [3, false], [3, true]])('run on %i threads (guard %s)', (threads, guard) => {
    const result = tryLinker({ emit: emitKernels, isa, threads, guard })
    if (result.linker === null) return expect(result.reason).toMatch(/AVX/)
    const { linker, target } = result
    const [rows, width] = [4000, 64]
    const bytes = 4 * rows * width
    const kernel = squares(target, rows, width)
    const linked = linker.link(program([[kernel, 0, 1], [kernel, 1, 2]], [
      external(0, bytes), { kind: 'arena', offset: 0, bytes }, external(1, bytes),
    ], bytes))
    const input = Float32Array.from({ length: rows * width }, (_, i) => (i % 7) / 2)
    const [a, b] = [linker.allocate(bytes), linker.allocate(bytes)]
    linker.write(a, new Uint8Array(input.buffer))
    const expected = input.map((x, i) => Math.fround(Math.fround(x * x + i) ** 2 + i))
    for (let run = 0; run < 10; run++) {
      expect(linked.run([a, b])).toBe(0)
      expect(Buffer.compare(linker.read(b), new Uint8Array(expected.buffer))).toBe(0)
    }
    expect(linker.workers).toBe(threads - 1)
    linker.dispose()
  })
})
