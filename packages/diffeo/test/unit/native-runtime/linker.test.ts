import { afterEach, describe, expect, it } from 'vitest'
import type { NativeLinker } from '../../../src/backend/native/linker.ts'
import type { Placement } from '../../../src/backend/program.ts'
import { external, i32, makeLinker, program, rawKernel, unavailable } from './raw.ts'

const linkers: NativeLinker[] = []
const open = (options: Parameters<typeof makeLinker>[0] = {}): NativeLinker => {
  const linker = makeLinker(options)
  linkers.push(linker)
  return linker
}
afterEach(() => { for (const linker of linkers.splice(0)) linker.dispose() })

const ints = (n: number, f: (i: number) => number) =>
  new Uint8Array(Int32Array.from({ length: n }, (_, i) => f(i)).buffer)
const filled = (linker: NativeLinker, n: number, f: (i: number) => number) => {
  const storage = linker.allocate(4 * n)
  linker.write(storage, ints(n, f))
  return storage
}

if (unavailable !== null) console.warn(`native runtime: not tested here: ${unavailable}`)

describe.skipIf(unavailable !== null).each([false, true])('a program (guard %s)', (guard) => {
  const n = 100
  const bytes = 4 * n

  it('runs its calls in order on arena, data and external buffers', () => {
    const linker = open({ guard })
    const add = rawKernel('addIndex', n)
    const buffers: Placement[] = [
      external(0, bytes), { kind: 'arena', offset: 64, bytes }, { kind: 'data', content: ints(n, (i) => 1000 * i) },
      external(1, bytes), external(2, bytes),
    ]
    const linked = linker.link(program([[add, 0, 1], [add, 1, 3], [add, 2, 4]], buffers, 64 + bytes))
    const [a, b, c] = [filled(linker, n, (i) => i), linker.allocate(bytes), linker.allocate(bytes)]
    expect(linked.run([a, b, c])).toBe(0)
    expect([...i32(linker, b)]).toEqual(Array.from({ length: n }, (_, i) => 3 * i))
    expect([...i32(linker, c)]).toEqual(Array.from({ length: n }, (_, i) => 1001 * i))
  })

  it('takes other buffers at the next run', () => {
    const linker = open({ guard })
    const linked = linker.link(program([[rawKernel('addIndex', n), 0, 1]], [external(0, bytes), external(1, bytes)]))
    const inputs = [0, 1, 2].map((k) => filled(linker, n, () => k))
    const outputs = [0, 1, 2].map(() => linker.allocate(bytes))
    for (const k of [0, 1, 2, 0, 2]) {
      linked.run([inputs[k], outputs[k]])
      expect(i32(linker, outputs[k])[7]).toBe(7 + k)
    }
    // One buffer for both: in place.
    linked.run([inputs[1], inputs[1]])
    expect(i32(linker, inputs[1])[9]).toBe(10)
  })

  it('returns the status word, zeroed at each run', () => {
    const linker = open({ guard })
    const status: Placement = { kind: 'status' }
    const failing = linker.link(program([[rawKernel('fail', 1), 0]], [status]))
    expect(failing.run([])).toBe(7)
    const peek = rawKernel('addIndex', 1)
    const fine = linker.link(program([[peek, 0, 1], [rawKernel('fail', 1), 0]], [status, external(0, 4)]))
    const out = linker.allocate(4)
    for (let i = 0; i < 2; i++) {
      expect(fine.run([out])).toBe(7)
      expect(i32(linker, out)[0]).toBe(0)
    }
  })

  it('runs with no calls and no buffers, and kernels of no turns', () => {
    const linker = open({ guard })
    expect(linker.link(program([], [])).run([])).toBe(0)
    expect(linker.link(program([[rawKernel('count', 0), 0]], [external(0, 0)])).run([linker.allocate(0)])).toBe(0)
  })

  it('has 64-byte aligned scratch', () => {
    const linker = open({ guard })
    for (const scratch of [1, 64, 4096, 100_000, 5_000_000]) {
      const linked = linker.link(program([[rawKernel('scratchAlignment', 1, { scratch }), 0]], [external(0, 4)]))
      const out = linker.allocate(4)
      linked.run([out])
      expect(i32(linker, out)[0]).toBe(0)
    }
  })
})

describe.skipIf(unavailable !== null)('what a program refuses', () => {
  const link = (linker: NativeLinker) => linker.link(program([[rawKernel('count', 4), 0]], [external(0, 16)]))

  it('is a buffer that is too small, freed, or foreign', () => {
    const linker = open()
    const linked = link(linker)
    const good = filled(linker, 4, () => 0)
    linked.run([good])
    expect(() => linked.run([linker.allocate(12)])).toThrow(/buffer 0 has 12 bytes; the program needs 16/)
    linker.free(good)
    expect(() => linked.run([good])).toThrow(/buffer 0 was freed/)
    expect(() => linked.run([{ bytes: 16 }])).toThrow(/not memory of this device/)
    expect(() => linked.run([])).toThrow(/takes 1 buffers, not 0/)
  })

  it('is a smaller buffer at an address it knows', () => {
    const linker = open()
    const linked = link(linker)
    const good = filled(linker, 4, () => 0)
    linked.run([good])
    linker.free(good)
    const small = linker.allocate(8)
    expect(() => linked.run([small])).toThrow(/8 bytes/)
  })

  it('is to run after release, and an arena beyond the address space', () => {
    const linker = open()
    const linked = link(linker)
    linked.release()
    linked.release()
    expect(() => linked.run([linker.allocate(16)])).toThrow(/released/)
    expect(() => linker.link(program([], [], 2 ** 40))).toThrow(/needs 1099511627776 bytes of arena/)
  })
})

describe.skipIf(unavailable !== null)('the state of the processor', () => {
  it('is IEEE in kernels, on every thread, and afterwards what it was', () => {
    const n = 4096
    const linker = open({ threads: 3 })
    const linked = linker.link(program([[rawKernel('mxcsr', n, { work: 1e7 }), 0]], [external(0, 4 * n)]))
    const out = linker.allocate(4 * n)
    linked.run([out])
    const flags = 0x3f
    expect(new Set(i32(linker, out).map((v) => v & ~flags))).toEqual(new Set([0x1f80]))
    expect(Number.MIN_VALUE / 2 ** 0 + Number.MIN_VALUE).toBe(2 * Number.MIN_VALUE)
  })
})
