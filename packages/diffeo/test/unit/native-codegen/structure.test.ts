/** @file Loops, calls, register pressure, ints: against the interpreter. */
import { describe, expect, it } from 'vitest'
import { divisionBy } from '../../../src/backend/native/codegen/select/int.ts'
import type { RegisterLimits } from '../../../src/backend/native/codegen/index.ts'
import { Builder } from '../../../src/kernel/builder.ts'
import { interpret } from '../../../src/kernel/interpret.ts'
import type { Fn, Kernel, Value } from '../../../src/kernel/ir.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'
import { canRun, compileKernels, mapMemory, targets } from './native.ts'

// Slots 0 (input, f32) and 1 (output): 8 KiB each; slot 2: input ints.
const bytes = 32768
const slotAt = [4096, 12288, 20480]
const callees: Fn[] = []

const at = (base: Value, disp = 0, index: Value | null = null, scale: 1 | 2 | 4 | 8 = 4) => ({
  base,
  index,
  scale,
  disp,
})

const kernelOf = (build: (b: Builder, input: Value, out: Value, ints: Value) => void): Kernel => {
  const b = new Builder('test', 4)
  build(b, b.arg(0), b.arg(1), b.arg(2))
  return {
    name: 'test',
    entry: b.fn,
    callees: callees.splice(0),
    slots: 3,
    total: 8,
    scratchBytes: 256,
    flops: 0,
    bytes: 0,
  }
}

const fill = (buffer: ArrayBuffer, base: number): void => {
  new Uint8Array(buffer).fill(0)
  const slots = new BigUint64Array(buffer, 0, 3)
  slotAt.forEach((offset, i) => { slots[i] = BigInt(base + offset) })
  const f = new Float32Array(buffer, slotAt[0], 2048)
  const n = new Int32Array(buffer, slotAt[2], 2048)
  for (let i = 0; i < 2048; i++) {
    f[i] = ((i * 37) % 101 - 50) / 4
    n[i] = (i * 7919) % 23
  }
}

const tight: RegisterLimits = { ints: 3, vectors: 5, masks: 4 }

for (const target of targets) {
  describe.skipIf(!canRun(target))(target.isa, () => {
    const memory = canRun(target) ? mapMemory(bytes) : null
    /** Same bytes from the interpreter and from machine code, with all registers and with few. */
    const agree = (make: () => Kernel, first = 0, end = 8): void => {
      for (const limits of [undefined, tight]) {
        const kernel = make()
        verifyKernel(kernel, target)
        const expected = new ArrayBuffer(bytes)
        fill(expected, 0)
        interpret(kernel, target, expected, { args: 0, first, end, scratch: 28672 }, { fma: 'single' })
        fill(memory!.buffer, memory!.address)
        const [run] = compileKernels([kernel], target, limits)
        run(memory!.address, first, end, memory!.address + 28672)
        const [x, y] = [expected, memory!.buffer].map(m => new Uint32Array(m, slotAt[0], (bytes - slotAt[0]) / 4))
        for (let i = 0; i < x.length; i++)
          if (x[i] !== y[i]) expect.fail(`word ${i}: ${y[i]}, expected ${x[i]} (${limits ? 'tight' : 'all'})`)
      }
    }
    const { lanes } = target
    const width = 4 * lanes

    it('carried values: swap, rotation, invariant, twice the same, the variable itself', () => {
      for (const trips of [0, 1, 2, 7]) {
        for (const dynamic of [false, true]) {
          agree(() =>
            kernelOf((b, input, out, ints) => {
              const end = dynamic
                ? b.toInt(b.binary('min', b.load('i32', at(ints, 4 * 22), 1), b.constant('i32', trips, 1)))
                : b.int(trips)
              const v = [0, 1, 2, 3].map(i => b.load('f32', at(input, i * width), lanes))
              const n = [0, 1, 2].map(i => b.toInt(b.load('i32', at(ints, 4 * i + 4), 1)))
              const r = b.loop(
                b.int(0),
                end,
                1,
                [v[0], v[1], v[2], v[3], v[0], v[0], n[0], n[1], n[2], n[0]],
                (i, c) => {
                  b.store('i32', at(ints, 256, i), b.fromInt(c[9]))
                  return [c[1], c[0], c[3], c[4], c[2], v[1], c[7], c[8], c[6], i]
                },
              )
              r.slice(0, 6).forEach((x, i) => b.store('f32', at(out, i * width), x))
              r.slice(6).forEach((x, i) => b.store('i32', at(out, 1024 + 4 * i), b.fromInt(x)))
            }),
          )
        }
      }
    })

    it('nested loops, accumulators through both, pointers advanced, used after', () => {
      agree(() => kernelOf((b, input, out) => {
        const zero = b.constant('f32', 0, lanes)
        const [acc, p] = b.loop(b.param(1), b.param(2), 2, [zero, input], (_, [a, q]) => {
          const [inner, r] = b.loop(b.int(0), b.int(3), 1, [a, q], (_, [x, s]) => {
            const y = b.load('f32', at(s), lanes)
            const t = b.iadd(s, width)
            const z = b.load('f32', at(t, -8), lanes)
            return [b.fma(y, z, x), t]
          })
          b.store('f32', at(out, 512), inner)
          return [b.binary('add', inner, b.load('f32', at(r, -4), lanes)), b.iadd(q, 4)]
        })
        b.store('f32', at(out), acc)
        b.store('i32', at(out, 1024), b.fromInt(b.intOp('isub', p, input)))
        b.store('f32', at(out, 256), b.load('f32', at(p), lanes))
      }))
    })

    it('steps and bounds: constant, dynamic, empty, counting only', () => {
      for (const [first, end] of [[0, 8], [3, 3], [5, 2], [1, 7]]) {
        agree(() => kernelOf((b, _, out, ints) => {
          for (const step of [1, 2, 3, 7]) {
            const [n] = b.loop(b.param(1), b.param(2), step, [b.int(0)], (_, [c]) => [b.iadd(c, 1)])
            const [m] = b.loop(b.int(2), b.param(2), step, [b.int(100)], (i, [c]) => [b.iadd(c, i)])
            const [k] = b.loop(b.int(2), b.param(2), step, [b.int(7)], (_, [c]) => [b.imul(c, 3)])
            b.loop(b.param(1), b.int(9), step, [], (i) => { b.store('i32', at(ints, 0, i), b.fromInt(i)); return [] })
            ;[n, m, k].forEach((x, i) => b.store('i32', at(out, step * 16 + i * 4), b.fromInt(x)))
          }
        }), first, end)
      }
    })

    it('60 live vectors, 40 live ints, 12 live masks', () => {
      agree(() => kernelOf((b, input, out, ints) => {
        const vectors = Array.from({ length: 60 }, (_, i) => b.load('f32', at(input, 8 * i), lanes))
        const numbers = Array.from({ length: 40 }, (_, i) => b.toInt(b.load('i32', at(ints, 4 * i), 1)))
        const masks = Array.from({ length: 12 }, (_, i) => b.compare('lt', vectors[i], vectors[i + 1]))
        const sums = b.loop(b.int(0), b.int(3), 1, [...vectors, ...numbers, ...masks], (i, c) => {
          const v = c.slice(0, 60)
          const n = c.slice(60, 100)
          const m = c.slice(100)
          b.store('f32', at(out, 0, i), b.select(m[1], v[5], v[6]))
          return [
            ...v.map((x, j) => b.fma(x, v[(j + 1) % 60], vectors[j])), ...n.map((x, j) => b.iadd(x, n[(j + 7) % 40])),
            ...m.map((x, j) => b.binary('xor', x, m[(j + 5) % 12])),
          ]
        })
        sums.slice(0, 60).forEach((x, i) => b.store('f32', at(out, 64 + 16 * i), x))
        sums.slice(60, 100).forEach((x, i) => b.store('i32', at(out, 2048 + 4 * i), b.fromInt(x)))
        sums.slice(100).forEach((x, i) => b.store('i32', at(out, 3072 + 8 * i), b.convert('maskToI32', x)))
      }))
    })

    it('calls with 12 parameters, values live across', () => {
      agree(() => {
        const f = new Builder('twelve', 12)
        const total = f.fn.params.slice(2).reduce((a, p, i) => f.iadd(a, f.imul(p, i + 1)))
        f.store('i32', at(f.param(0), 0, f.param(1)), f.fromInt(total))
        f.if('lt', f.param(11), f.param(3), () =>
          f.store('i32', at(f.param(0), 512, f.param(1)), f.fromInt(f.param(11))),
        )
        callees.push(f.fn)
        return kernelOf((b, input, out, ints) => {
          const v = b.load('f32', at(input), lanes)
          const m = b.compare('lt', v, b.constant('f32', 0, lanes))
          const n = Array.from({ length: 12 }, (_, i) => b.toInt(b.load('i32', at(ints, 4 * i), 1)))
          const [acc] = b.loop(b.param(1), b.param(2), 1, [v], (i, [a]) => {
            b.call(f.fn, [out, i, n[3], n[2], n[5], n[4], n[7], i, b.int(77), n[9], n[1], n[8]])
            return [b.fma(a, b.constant('f32', 0.5, lanes), v)]
          })
          b.call(f.fn, [out, b.int(20), ...n.slice(2)])
          b.store('f32', at(out, 1024), b.select(m, acc, v))
          b.store('i32', at(out, 2048), b.fromInt(n.reduce((a, x) => b.iadd(b.imul(a, 3), x))))
        })
      })
    })

    it('ints: every operation, operands in registers and constant', () => {
      agree(() => kernelOf((b, _, out, ints) => {
        const load = (i: number): Value => b.toInt(b.load('i32', at(ints, 4 * i), 1))
        let disp = 0
        const put = (x: Value): void => {
          b.store('i32', at(out, disp), b.fromInt(x))
          disp += 4
        }
        const [x, y] = [load(5), load(9)]
        for (const op of ['iadd', 'isub', 'imul', 'imin', 'imax'] as const) {
          put(b.intOp(op, x, y))
          put(b.intOp(op, x, x))
          put(b.intOp(op, load(3), x))
          put(b.intOp(op, x, load(4)))
          for (const c of [0, 1, -1, 3, 5, 8, 9, 16, 100, -7, 2 ** 31 - 1, -(2 ** 31), 2 ** 33 + 1]) {
            put(b.intOp(op, x, b.int(c)))
            put(b.intOp(op, b.int(c), y))
            put(b.intOp(op, load(2), b.int(c)))
          }
        }
        for (const c of [3, 8]) put(b.intOp('imin', b.int(c), b.int(5)))
        put(b.any(b.compare('lt', b.load('i32', at(ints), lanes), b.constant('i32', 0, lanes))))
        put(b.any(b.compare('lt', b.load('i32', at(ints), 1), b.constant('i32', 30, 1))))
      }))
    })

    it('division by constants over the whole range', () => {
      const divisors = [
        1,
        2,
        3,
        5,
        6,
        7,
        9,
        10,
        11,
        12,
        25,
        49,
        60,
        64,
        100,
        125,
        127,
        255,
        625,
        641,
        1000,
        1023,
        65535,
        65537,
        1000003,
        2 ** 30,
        2 ** 30 + 1,
        2 ** 31 - 1,
      ]
      const dividends = [
        0,
        1,
        2,
        5,
        6,
        99,
        100,
        65535,
        65536,
        2 ** 30 - 1,
        2 ** 30,
        2 ** 31 - 2,
        2 ** 31 - 1,
        123456789,
      ]
      for (const n of dividends) {
        agree(() => kernelOf((b, _, out, ints) => {
          b.store('i32', at(ints), b.constant('i32', n, 1))
          divisors.forEach((d, i) => {
            const x = b.toInt(b.load('i32', at(ints), 1))
            b.store('i32', at(out, 16 * i), b.fromInt(b.idiv(x, d)))
            b.store('i32', at(out, 16 * i + 4), b.fromInt(b.imod(x, d)))
            const y = b.toInt(b.load('i32', at(ints), 1))
            b.store('i32', at(out, 16 * i + 8), b.fromInt(b.iadd(b.idiv(y, d), b.imod(y, d))))
          })
        }))
      }
    })

    it('branches: every comparison, constants on either side, else', () => {
      agree(() => kernelOf((b, _, out, ints) => {
        let disp = 0
        const put = (n: number): void => b.store('i32', at(out, disp), b.constant('i32', n, 1))
        const x = b.toInt(b.load('i32', at(ints, 20), 1))
        for (const op of ['eq', 'ne', 'lt', 'le'] as const) {
          for (const c of [0, 8, 9, 22]) {
            for (const [l, r] of [[x, b.int(c)], [b.int(c), x], [b.int(c), b.int(8)]]) {
              b.if(op, l, r, () => put(1), () => put(2))
              disp += 4
              b.if(op, l, r, () => b.if('lt', r, l, () => put(3)))
              disp += 4
            }
          }
        }
      }))
    })

    it('reductions, splats, iota, gathers, lane masks', () => {
      agree(() =>
        kernelOf((b, input, out, ints) => {
          let disp = 0
          const put = (x: Value): void => {
            b.store(x.kind === 'f32' ? 'f32' : 'i32', at(out, disp), x)
            disp += 4 * x.lanes
          }
          const [x, n] = [b.load('f32', at(input, 12), lanes), b.load('i32', at(ints, 8), lanes)]
          for (const op of ['reduceAdd', 'reduceMul', 'reduceMin', 'reduceMax'] as const) {
            put(b.reduceLanes(op, x))
            put(b.reduceLanes(op, n))
          }
          for (const op of ['reduceMinU', 'reduceMaxU'] as const) put(b.reduceLanes(op, b.unary('neg', n)))
          put(b.splat(b.load('f32', at(input, 4), 1), lanes))
          put(b.splat(b.reduceLanes('reduceAdd', n), lanes))
          put(
            b.convert(
              'maskToI32',
              b.splat(b.compare('lt', b.load('i32', at(ints), 1), b.constant('i32', 1, 1)), lanes),
            ),
          )
          put(b.binary('add', b.iota(lanes), n))
          for (const mem of ['f32', 'i32', 'u8', 'i8'] as const) {
            put(b.gather(mem, mem === 'f32' ? input : ints, n, 8))
            put(b.gather(mem, mem === 'f32' ? input : ints, b.load('i32', at(ints, 12), 1), 4))
            if (!target.masks) continue
            put(b.gather(mem, mem === 'f32' ? input : ints, n, 8, b.compare('lt', n, b.constant('i32', 9, lanes))))
          }
          if (!target.masks) return
          for (const k of [0, 1, 9, lanes, lanes + 5, -3]) put(b.convert('maskToI32', b.firstLanes(b.int(k), lanes)))
          for (let i = 0; i < 20; i++) {
            put(b.convert('maskToI32', b.firstLanes(b.iadd(b.toInt(b.load('i32', at(ints, 4 * i), 1)), -2), lanes)))
          }
        }),
      )
    })
  })
}

it('the division constants are the smallest that hold', () => {
  expect(divisionBy(3).m).toBeLessThan(2 ** 32)
  for (let d = 2; d < 3000; d++) {
    const { m, k } = divisionBy(d)
    for (const n of [d - 1, d, 2 ** 31 - 1, Math.floor((2 ** 31 - 1) / d) * d, Math.floor((2 ** 31 - 1) / d) * d - 1]) {
      expect(Number(BigInt(n) * BigInt(m) >> BigInt(k))).toBe(Math.floor(n / d))
    }
  }
})
