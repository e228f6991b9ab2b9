import { describe, expect, it } from 'vitest'
import { fmaSingle, roundEven } from '../../../src/kernel/interpret-ops.ts'
import { interpret, type InterpretOptions } from '../../../src/kernel/interpret.ts'
import type { Kernel, Target } from '../../../src/kernel/ir.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'
import { at, avx512, kernel, wasm } from './kit.ts'

/** Slots 0, 1, … lie at 64, 128, …; the block at 0. */
function run(k: Kernel, target: Target, content: ArrayLike<number>[], options: Partial<InterpretOptions> = {}) {
  verifyKernel(k, target)
  const memory = new ArrayBuffer(1024)
  const view = new DataView(memory)
  content.forEach((list, slot) => {
    const place = 64 * (slot + 1)
    if (target.pointerBytes === 4) view.setUint32(slot * 4, place, true)
    else view.setBigUint64(slot * 8, BigInt(place), true)
    if (list instanceof Float32Array) new Float32Array(memory, place).set(list)
    else if (list instanceof Int32Array) new Int32Array(memory, place).set(list)
    else new Uint8Array(memory, place).set(list)
  })
  interpret(k, target, memory, { args: 0, first: 0, end: 1, scratch: 512 }, { fma: 'double', ...options })
  return {
    f32: (slot: number, n: number) => [...new Float32Array(memory, 64 * (slot + 1), n)],
    i32: (slot: number, n: number) => [...new Int32Array(memory, 64 * (slot + 1), n)],
    u8: (slot: number, n: number) => [...new Uint8Array(memory, 64 * (slot + 1), n)],
  }
}

const f32 = (...xs: number[]) => Float32Array.from(xs)
const i32 = (...xs: number[]) => Int32Array.from(xs)

describe('arithmetic', () => {
  it('min and max give the first operand when unordered', () => {
    const k = kernel(3, (b) => {
      const [x, y] = [b.load('f32', at(b.arg(0)), 4), b.load('f32', at(b.arg(1)), 4)]
      b.store('f32', at(b.arg(2)), b.binary('min', x, y))
      b.store('f32', at(b.arg(2), 16), b.binary('max', x, y))
    })
    const out = run(k, wasm, [f32(NaN, 1, -0, 2), f32(1, NaN, 0, 3), f32()]).f32(2, 8)
    expect(out).toEqual([NaN, 1, -0, 2, NaN, 1, -0, 3])
  })

  it('rounds halves to even and keeps the sign of zero', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -0, 8388609, 0.49999997, NaN, -Infinity].map(roundEven))
      .toEqual([0, 2, 2, -0, -2, -0, 8388609, 0, NaN, -Infinity])
  })

  it('fma rounds once, also where float64 would round twice', () => {
    const e = 2 ** -12
    expect(fmaSingle(1 + e, 1 + e, -1 - 2 * e)).toBe(2 ** -24)
    // 1 + 2^-24 + 2^-80: float64 drops the last bit, and its float32 tie then goes to even
    expect(fmaSingle(2 ** -40, 2 ** -40, Math.fround(1))).toBe(1)
    const [a, b] = [Math.fround(1 + 2 ** -23), Math.fround(1 + 2 ** -23)]
    expect(fmaSingle(a, b, 2 ** -70)).toBe(1 + 2 ** -22)
    const c = Math.fround(2 ** -24 * (1 + 2 ** -23))
    expect(fmaSingle(1, c, 1)).toBe(1 + 2 ** -23)
    expect(fmaSingle(2 ** -24, 1 - 2 ** -24, 1)).toBe(1)
    expect(fmaSingle(-(2 ** -60), 2 ** -60, Math.fround(1 + 2 ** -23))).toBe(Math.fround(1 + 2 ** -23))
    expect([fmaSingle(Infinity, 0, 1), fmaSingle(3e38, 3e38, -Infinity)]).toEqual([NaN, -Infinity])
  })

  it('fma rounds by option', () => {
    const k = kernel(2, (b) => {
      const x = b.load('f32', at(b.arg(0)), 1)
      b.store('f32', at(b.arg(1)), b.fma(x, x, b.constant('f32', -1 - 2 ** -11, 1)))
    })
    const x = f32(1 + 2 ** -12)
    expect(run(k, wasm, [x, f32()], { fma: 'double' }).f32(1, 1)).toEqual([0])
    expect(run(k, wasm, [x, f32()], { fma: 'single' }).f32(1, 1)).toEqual([2 ** -24])
  })

  it('i32 wraps, shifts, compares unsigned, reinterprets', () => {
    const k = kernel(2, (b) => {
      const x = b.load('i32', at(b.arg(0)), 4)
      const out = (i: number, v: ReturnType<typeof b.load>) => b.store('i32', at(b.arg(1), 16 * i), v)
      out(0, b.binary('mul', x, x))
      out(1, b.binary('shrU', x, b.constant('i32', 28, 4)))
      out(2, b.convert('maskToI32', b.compare('ltU', x, b.constant('i32', 5, 4))))
    })
    const out = run(k, wasm, [i32(-1, 65536, 3, 46341), i32()]).i32(1, 12)
    expect(out).toEqual([1, 0, 9, -2147479015, 15, 0, 0, 0, 0, 0, 1, 0])
  })

  it('reduces halves onto halves', () => {
    const k = kernel(2, (b) => b.store('f32', at(b.arg(1)), b.reduceLanes('reduceAdd', b.load('f32', at(b.arg(0)), 4))))
    // (1e8 + -1e8) + (1 + 1), not left to right
    expect(run(k, wasm, [f32(1e8, 1, -1e8, 1), f32()]).f32(1, 1)).toEqual([2])
  })
})

describe('memory', () => {
  it('widens and narrows bytes', () => {
    const k = kernel(3, (b) => {
      b.store('i32', at(b.arg(1)), b.load('u8', at(b.arg(0)), 4))
      const s = b.load('i8', at(b.arg(0)), 4)
      b.store('i32', at(b.arg(1), 16), s)
      b.store('u8', at(b.arg(2)), b.binary('add', s, b.constant('i32', 300, 4)))
    })
    const out = run(k, wasm, [[1, 128, 255, 7], i32(), []])
    expect(out.i32(1, 8)).toEqual([1, 128, 255, 7, 1, -128, -1, 7])
    expect(out.u8(2, 5)).toEqual([45, 172, 43, 51, 0])
  })

  it('gathers element numbers', () => {
    const k = kernel(3, (b) => {
      b.store('f32', at(b.arg(2)), b.gather('f32', b.arg(0), b.load('i32', at(b.arg(1)), 4), 4))
    })
    expect(run(k, wasm, [f32(9, 10, 11, 12, 13), i32(3, 0, 1, 0), f32()]).f32(2, 4)).toEqual([13, 10, 11, 10])
  })

  it('masked lanes touch nothing', () => {
    const k = kernel(2, (b) => {
      const m = b.firstLanes(b.int(3), 16)
      b.store('f32', at(b.arg(1)), b.load('f32', at(b.arg(0)), 16, m), m)
    })
    const ranges = [{ offset: 64, bytes: 12 }, { offset: 128, bytes: 12 }]
    expect(run(k, avx512, [f32(1, 2, 3, 4), f32(5, 5, 5, 5)], { ranges }).f32(1, 4)).toEqual([1, 2, 3, 5])
  })

  it('throws outside the ranges, and on writes to what is read only', () => {
    const k = kernel(2, (b) => b.store('f32', at(b.arg(1), 4), b.load('f32', at(b.arg(0)), 4)))
    const read = { offset: 64, bytes: 16 }
    const content = [f32(1), f32(1)]
    expect(() => run(k, wasm, content, { ranges: [read, { offset: 128, bytes: 16 }] }))
      .toThrow('test: store.f32 touches [144, 148), which is outside the given ranges')
    expect(() => run(k, wasm, content, { ranges: [read, { offset: 128, bytes: 64, writable: false }] }))
      .toThrow('outside')
    expect(() => run(k, wasm, content, { ranges: [{ offset: 65, bytes: 99 }] })).toThrow('load.f32 touches [64, 68)')
  })
})

describe('control', () => {
  it('loops carry; zero turns give the inits', () => {
    const k = kernel(1, (b) => {
      const sum = (end: number, disp: number) => {
        const [total, last] = b.loop(b.int(1), b.int(end), 2, [b.constant('i32', 0, 1), b.int(7)], (v, [s, p]) =>
          [b.binary('add', s, b.fromInt(v)), b.iadd(p, v)])
        b.store('i32', at(b.arg(0), disp), total)
        b.store('i32', at(b.arg(0), disp + 4), b.fromInt(last))
      }
      sum(8, 0)
      sum(1, 8)
    })
    expect(run(k, wasm, [i32()]).i32(0, 4)).toEqual([16, 23, 0, 7])
  })

  it('ifs and calls', () => {
    const callee = kernel(0, () => {}).entry
    const b2 = kernel(1, (b) => {
      b.if('lt', b.int(1), b.int(2), () => b.call(callee, [b.int(0), b.int(0), b.int(0), b.int(0)]),
        () => b.store('i32', at(b.arg(0)), b.constant('i32', 1, 1)))
      b.if('eq', b.imod(b.int(7), 3), b.int(1), () => b.store('i32', at(b.arg(0), 4), b.fromInt(b.idiv(b.int(7), 3))))
    }, { callees: [callee] })
    expect(run(b2, wasm, [i32()]).i32(0, 2)).toEqual([0, 2])
  })

  it('throws when an int overflows or a negative one is divided', () => {
    const big = kernel(0, (b) => { b.imul(b.int(2 ** 30), 2 ** 10) })
    expect(() => run(big, wasm, [])).toThrow('overflows')
    const negative = kernel(0, (b) => { b.idiv(b.int(-3), 2) })
    expect(() => run(negative, wasm, [])).toThrow('non-negative')
  })
})
