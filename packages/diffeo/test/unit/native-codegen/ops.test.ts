/** @file Every opcode × kind × lanes × instruction set against plain JS, operands in registers, in memory, constant. */
import { describe, expect, it } from 'vitest'
import { Builder } from '../../../src/kernel/builder.ts'
import type { BinaryOp, CompareOp, ConvertOp, Kernel, Kind, UnaryOp, Value } from '../../../src/kernel/ir.ts'
import { canRun, compileKernels, mapMemory, targets } from './native.ts'

const special = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, -3.75, NaN, Infinity, -Infinity, 1e-40, -1e-40, 3e38, -3e38,
  2 ** 31, -(2 ** 31), 8388609, 4194304.5, 1e10, -7,
]
const whole = [
  0, 1, -1, 2, -2, 7, 31, 32, 33, 40, 255, 65535, 65536, -65536, 2 ** 31 - 1, -(2 ** 31), 12345678, -987654321,
  0x7f800000, 3, 16, -31, 1 << 30, 5,
]
const count = 24 * 16
const f = Math.fround
const scratch = new DataView(new ArrayBuffer(4))
const toBits = (x: number): number => { scratch.setFloat32(0, x); return scratch.getInt32(0) }
const fromBits = (x: number): number => { scratch.setInt32(0, x); return scratch.getFloat32(0) }

/** Where an operand comes from: kept in a register, a load of its own, or a constant. */
type Form = 'register' | 'memory' | 'constant'
interface Case {
  readonly name: string
  readonly kinds: readonly Kind[]
  readonly result: Kind
  readonly build: (b: Builder, args: readonly Value[]) => Value
  readonly evaluate: (...args: number[]) => number
  /** Operands that are in the domain; else the lane is not compared. */
  readonly valid?: (...args: number[]) => boolean
  /** A mantissa of one bit may differ where the reference itself rounds twice. */
  readonly loose?: boolean
}

const fma = (a: number, b: number, c: number): number => f(a * b + c)
const even = (x: number): number => {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 23) return x
  const r = Math.round(x)
  const y = Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 !== 0 ? r - 1 : r
  return y === 0 ? (Object.is(x, -0) || x < 0 ? -0 : 0) : y
}

const unaryF: [UnaryOp, (x: number) => number][] = [
  ['neg', (x) => -x], ['abs', Math.abs], ['sqrt', (x) => f(Math.sqrt(x))], ['floor', Math.floor], ['ceil', Math.ceil],
  ['trunc', Math.trunc], ['round', even],
]
const unaryI: [UnaryOp, (x: number) => number][] = [
  ['neg', (x) => -x | 0], ['abs', (x) => Math.abs(x) | 0], ['not', (x) => ~x],
]
const binaryF: [BinaryOp, (a: number, b: number) => number][] = [
  ['add', (a, b) => f(a + b)], ['sub', (a, b) => f(a - b)], ['mul', (a, b) => f(a * b)], ['div', (a, b) => f(a / b)],
  ['min', (a, b) => (b < a ? b : a)], ['max', (a, b) => (a < b ? b : a)],
]
const shift = (b: number, op: () => number, far: number): number => (b >>> 0 > 31 ? far : op())
const binaryI: [BinaryOp, (a: number, b: number) => number][] = [
  ['add', (a, b) => a + b | 0], ['sub', (a, b) => a - b | 0], ['mul', Math.imul],
  ['min', (a, b) => (b < a ? b : a)], ['max', (a, b) => (a < b ? b : a)],
  ['minU', (a, b) => (b >>> 0 < a >>> 0 ? b : a)], ['maxU', (a, b) => (a >>> 0 < b >>> 0 ? b : a)],
  ['and', (a, b) => a & b], ['or', (a, b) => a | b], ['xor', (a, b) => a ^ b],
  ['shl', (a, b) => shift(b, () => a << b, 0)], ['shrU', (a, b) => shift(b, () => a >>> b | 0, 0)],
  ['shrS', (a, b) => shift(b, () => a >> b, a < 0 ? -1 : 0)],
]
const compares: [CompareOp, (a: number, b: number) => boolean][] = [
  ['eq', (a, b) => a === b], ['ne', (a, b) => a !== b], ['lt', (a, b) => a < b], ['le', (a, b) => a <= b],
]
const comparesU: [CompareOp, (a: number, b: number) => boolean][] = [
  ['ltU', (a, b) => a >>> 0 < b >>> 0], ['leU', (a, b) => a >>> 0 <= b >>> 0],
]
const converts: [ConvertOp, Kind, Kind, (x: number) => number, ((x: number) => boolean)?][] = [
  ['f32ToI32', 'f32', 'i32', Math.trunc, (x) => Math.abs(x) < 2 ** 31],
  ['f32ToU32', 'f32', 'i32', (x) => Math.trunc(x) | 0, (x) => x >= 0 && x < 2 ** 32],
  ['i32ToF32', 'i32', 'f32', f], ['u32ToF32', 'i32', 'f32', (x) => f(x >>> 0)],
  ['bitsToI32', 'f32', 'i32', toBits, (x) => x === x], ['bitsToF32', 'i32', 'f32', fromBits],
  ['i32ToMask', 'i32', 'mask', (x) => Number(x !== 0)], ['maskToI32', 'mask', 'i32', (x) => x],
]

const cases: Case[] = []
for (const [op, evaluate] of unaryF) {
  cases.push({ name: `${op}.f32`, kinds: ['f32'], result: 'f32', build: (b, [x]) => b.unary(op, x), evaluate })
}
for (const [op, evaluate] of unaryI) {
  cases.push({ name: `${op}.i32`, kinds: ['i32'], result: 'i32', build: (b, [x]) => b.unary(op, x), evaluate })
}
for (const [kind, list] of [['f32', binaryF], ['i32', binaryI]] as const) {
  for (const [op, evaluate] of list) {
    cases.push({
      name: `${op}.${kind}`,
      kinds: [kind, kind],
      result: kind,
      build: (b, [x, y]) => b.binary(op, x, y),
      evaluate,
    })
  }
}
for (const [kind, list] of [['f32', compares], ['i32', [...compares, ...comparesU]]] as const) {
  for (const [op, test] of list) {
    cases.push({
      name: `${op}.${kind}`, kinds: [kind, kind], result: 'mask', build: (b, [x, y]) => b.compare(op, x, y),
      evaluate: (x, y) => Number(test(x, y)),
    })
  }
}
for (const [op, from, to, evaluate, valid] of converts) {
  cases.push({ name: op, kinds: [from], result: to, build: (b, [x]) => b.convert(op, x), evaluate, valid })
}
for (const kind of ['f32', 'i32', 'mask'] as const) {
  cases.push({
    name: `select.${kind}`, kinds: ['mask', kind, kind], result: kind, build: (b, [m, x, y]) => b.select(m, x, y),
    evaluate: (m, x, y) => (m ? x : y),
  })
}
for (const [op, evaluate] of [
  ['and', (x, y) => x & y], ['or', (x, y) => x | y], ['xor', (x, y) => x ^ y],
] as [BinaryOp, (x: number, y: number) => number][]) {
  cases.push({
    name: `${op}.mask`,
    kinds: ['mask', 'mask'],
    result: 'mask',
    build: (b, [x, y]) => b.binary(op, x, y),
    evaluate,
  })
}
cases.push(
  { name: 'not.mask', kinds: ['mask'], result: 'mask', build: (b, [x]) => b.unary('not', x), evaluate: (x) => 1 - x },
  {
    name: 'fma',
    kinds: ['f32', 'f32', 'f32'],
    result: 'f32',
    build: (b, [x, y, z]) => b.fma(x, y, z),
    evaluate: fma,
    loose: true,
  },
)

const constants: Record<string, number> = { f32: -2.5, i32: 3, mask: 1 }

/** out[i] = case(a[i], b[i], c[i]); operands that stay in registers are stored as well, so that they have two uses. */
const kernelOf = (test: Case, lanes: number, forms: readonly Form[]): Kernel => {
  const b = new Builder(test.name, 4)
  const bases = test.kinds.map((_, i) => b.arg(i))
  const out = b.arg(3)
  const spare = b.arg(4)
  b.loop(b.int(0), b.param(2), lanes, [], (i) => {
    const at = (base: Value) => ({ base, index: i, scale: 4 as const, disp: 0 })
    const values = test.kinds.map((kind, n) => {
      if (forms[n] === 'constant') {
        return kind === 'mask' ? b.constMask(true, lanes) : b.constant(kind as 'f32' | 'i32', constants[kind], lanes)
      }
      const x = b.load(kind === 'f32' ? 'f32' : 'i32', at(bases[n]), lanes)
      return kind === 'mask' ? b.convert('i32ToMask', x) : x
    })
    const y = test.build(b, values)
    b.store(test.result === 'f32' ? 'f32' : 'i32', at(out), y.kind === 'mask' ? b.convert('maskToI32', y) : y)
    values.forEach((v, n) => {
      if (forms[n] !== 'register') return
      b.store(v.kind === 'f32' ? 'f32' : 'i32', at(spare), v.kind === 'mask' ? b.convert('maskToI32', v) : v)
    })
    return []
  })
  return { name: test.name, entry: b.fn, callees: [], slots: 5, total: 1, scratchBytes: 0, flops: 0, bytes: 0 }
}

const formsOf = (n: number): Form[][] => {
  const all: Form[] = ['register', 'memory', 'constant']
  const lists = n === 1 ? all.map((x) => [x]) : formsOf(n - 1).flatMap((rest) => all.map((x) => [...rest, x]))
  return lists.filter((list) => list.length < n || list.some((x) => x !== 'constant'))
}

const value = (kind: Kind, n: number, i: number): number => {
  const j = n === 0 ? i % 24 : n === 1 ? Math.floor(i / 16) : (i * 5 + (i >> 4)) % 24
  return kind === 'f32' ? f(special[j]) : kind === 'i32' ? whole[j] : (i * 7 >> n) & 1
}

const same = (x: number, y: number, loose: boolean | undefined): boolean =>
  Object.is(x, y) || (loose === true && Math.abs(x - y) <= Math.abs(y) * 2 ** -23)

for (const target of targets) {
  describe.skipIf(!canRun(target))(target.isa, () => {
    const memory = canRun(target) ? mapMemory(16384) : null
    const run = (test: Case, lanes: number, forms: readonly Form[]): void => {
      const [entry] = compileKernels([kernelOf(test, lanes, forms)], target)
      const base = memory!.address
      const words = 2048
      const slots = new BigUint64Array(memory!.buffer, 0, 5)
      for (let n = 0; n < 5; n++) slots[n] = BigInt(base + 64 + n * words)
      const floats = (n: number) => new Float32Array(memory!.buffer, 64 + n * words, count)
      const ints = (n: number) => new Int32Array(memory!.buffer, 64 + n * words, count)
      test.kinds.forEach((kind, n) => {
        for (let i = 0; i < count; i++) (kind === 'f32' ? floats(n) : ints(n))[i] = value(kind, n, i)
      })
      entry(base, 0, count, 0)
      const out = test.result === 'f32' ? floats(3) : ints(3)
      for (let i = 0; i < count; i++) {
        const args = test.kinds.map((kind, n) => (forms[n] === 'constant' ? constants[kind] : value(kind, n, i)))
        if (test.valid && !test.valid(...args)) continue
        const expected = test.evaluate(...args)
        const wanted = test.result === 'f32' ? f(expected) : expected | 0
        if (!same(out[i], wanted, test.loose)) {
          expect.fail(`${test.name} x${lanes} (${forms}) of ${args}: ${out[i]}, expected ${wanted}`)
        }
      }
    }
    for (const test of cases) {
      it(test.name, () => {
        for (const lanes of [1, target.lanes]) for (const forms of formsOf(test.kinds.length)) run(test, lanes, forms)
      })
    }
  })
}
