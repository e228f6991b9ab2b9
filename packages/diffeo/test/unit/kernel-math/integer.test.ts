import { describe, expect, it } from 'vitest'
import type { BinaryOp, UnaryOp } from '../../../src/expr/types.ts'
import { binaryMath, convertMath, unaryMath } from '../../../src/kernel/math/index.ts'
import { evaluate, random, samples, type Tested as Any } from './harness.ts'

type Tested = Exclude<Any, 'float64'>

type IntType = 'int32' | 'uint32' | 'int8' | 'uint8'
const types: readonly IntType[] = ['int32', 'uint32', 'int8', 'uint8']
const narrowing: Record<IntType | 'bool', (x: number) => number> = {
  int32: (x) => x | 0, uint32: (x) => x >>> 0, int8: (x) => x << 24 >> 24, uint8: (x) => x & 255,
  bool: (x) => Number(x !== 0),
}

/** Edges with each other, then pairs of all magnitudes; all pairs of bytes. */
function pairs(type: IntType, count: number): [number[], number[]] {
  const [x, y]: [number[], number[]] = [[], []]
  const wrap = narrowing[type]
  const push = (a: number, b: number) => { x.push(wrap(a)); y.push(wrap(b)) }
  if (type === 'int8' || type === 'uint8') {
    for (let i = 0; i < 65536; i++) push(i, i >> 8)
    return [x, y]
  }
  const edges = [
    0,
    1,
    2,
    3,
    5,
    7,
    30,
    31,
    32,
    33,
    255,
    65535,
    65536,
    2 ** 24 - 1,
    2 ** 24,
    2 ** 24 + 1,
    2 ** 30,
    2 ** 31 - 2,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 31 + 1,
    2 ** 32 - 2,
    2 ** 32 - 1,
  ]
  for (const a of edges) for (const b of edges) for (const s of [1, -1]) push(a, s * b)
  const next = random(11)
  while (x.length < count) {
    const b = wrap((next() | 0) >> (next() % 32))
    const q = (next() | 0) >> (next() % 32)
    push(next() & 1 ? next() : Math.imul(q, b) - (next() % 3) + 1, b)
  }
  return [x, y]
}

const floor = (x: bigint, y: bigint) => x / y - (x % y !== 0n && (x < 0n) !== (y < 0n) ? 1n : 0n)
/** Quotients of 32-bit integers are at least 2^−32 from a whole number or are one, which float64 shows. */
const quotient = (x: number, y: number) => y === 0 ? 0 : Math.floor(x / y)

function power(x: number, y: number): number {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y % 2 ? -1 : 1) : 0
  let result = 1
  for (let e = y >>> 0, square = x; e; e >>>= 1, square = Math.imul(square, square)) {
    if (e & 1) result = Math.imul(result, square)
  }
  return result
}
type IntegerOp = Exclude<BinaryOp, 'div'>
const signed = (type: IntType) => type === 'int32' || type === 'int8'
function expected(op: IntegerOp, type: IntType): (x: number, y: number) => number {
  switch (op) {
    case 'add': return (x, y) => x + y
    case 'mul': return Math.imul
    case 'maximum': return Math.max
    case 'minimum': return Math.min
    case 'idiv': return quotient
    case 'mod': return (x, y) => y === 0 ? 0 : x - y * quotient(x, y)
    case 'pow': return power
    case 'less': return (x, y) => Number(x < y)
    case 'equal': return (x, y) => Number(x === y)
    case 'and': return (x, y) => x & y
    case 'or': return (x, y) => x | y
    case 'xor': return (x, y) => x ^ y
    case 'shl': return (x, y) => y >>> 0 > 31 ? 0 : x << y
    case 'shr': return (x, y) => signed(type) ? x >> (y >>> 0 > 31 ? 31 : y) : y > 31 ? 0 : x >>> y
  }
}
const binary: readonly IntegerOp[] = [
  'add', 'mul', 'maximum', 'minimum', 'idiv', 'mod', 'pow', 'less', 'equal', 'and', 'or', 'xor', 'shl', 'shr',
]

function same(got: ArrayLike<number>, want: (i: number) => number, operands: readonly ArrayLike<number>[]): void {
  for (let i = 0; i < got.length; i++) {
    if (got[i] !== want(i)) expect({ at: operands.map((x) => x[i]), got: got[i] }).toEqual({ at: [], got: want(i) })
  }
}

it('has a reference quotient that is exact', () => {
  const [x, y] = pairs('int32', 3000)
  x.forEach((a, i) => { if (y[i]) expect(quotient(a, y[i]) + 0).toBe(Number(floor(BigInt(a), BigInt(y[i])))) })
})

describe.each(types)('%s', (type) => {
  it.each(binary)('%s', (op) => {
    const operands = pairs(type, op === 'idiv' || op === 'mod' ? 1_000_000 : 5000)
    const result = op === 'less' || op === 'equal' ? 'bool' : type
    const got = evaluate([type, type], result, operands, 'double', (b, x, y) => binaryMath(b, op, x, y, type))
    const f = expected(op, type)
    same(got, (i) => narrowing[result](f(operands[0][i], operands[1][i])), operands)
  })

  it.each(['neg', 'not', 'floor', 'trunc', 'round'] as UnaryOp[])('%s', (op) => {
    const [x] = pairs(type, 3000)
    const got = evaluate([type], type, [x], 'double', (b, v) => unaryMath(b, op, v, type))
    same(got, (i) => narrowing[type](op === 'neg' ? -x[i] : op === 'not' ? ~x[i] : x[i]), [x])
  })

  it('keeps narrow results wrapped for what follows', () => {
    const operands = pairs(type, 3000)
    const got = evaluate([type, type], 'float32', operands, 'double', (b, x, y) =>
      convertMath(b, binaryMath(b, 'mul', binaryMath(b, 'add', x, y, type), y, type), type, 'float32'))
    const wrap = narrowing[type]
    same(got, (i) => Math.fround(wrap(Math.imul(wrap(operands[0][i] + operands[1][i]), operands[1][i]))), operands)
  })
})

const ofBools: IntegerOp[] = ['add', 'mul', 'maximum', 'minimum', 'less', 'equal', 'and', 'or', 'xor']
it.each(ofBools)('%s of bools', (op) => {
  const operands = [[0, 0, 1, 1], [0, 1, 0, 1]]
  const got = evaluate(['bool', 'bool'], 'bool', operands, 'double', (b, x, y) => binaryMath(b, op, x, y, 'bool'))
  const f = expected(op, 'uint8')
  same(got, (i) => Number(f(operands[0][i], operands[1][i]) !== 0), operands)
})

function converted(x: number, to: Tested): number {
  if (to === 'float32') return Math.fround(x)
  if (to === 'bool') return Number(x !== 0)
  const [low, high] = to === 'uint32' ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1]
  return narrowing[to](Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), low), high))
}
const all: readonly Tested[] = ['float32', 'int32', 'uint32', 'int8', 'uint8', 'bool']
describe.each(all)('from %s', (from) => {
  it.each(all)('to %s', (to) => {
    const x = from === 'float32' ? samples(20_000) : from === 'bool' ? [0, 1] : pairs(from, 3000)[0]
    const got = evaluate([from], to, [x], 'double', (b, v) => convertMath(b, v, from, to))
    const want = from === 'float32' ? (i: number) => converted(x[i], to)
      : (i: number) => to === 'float32' ? Math.fround(x[i]) : narrowing[to](x[i])
    for (let i = 0; i < got.length; i++) {
      const equal = got[i] === want(i) || (Number.isNaN(got[i]) && Number.isNaN(want(i)))
      if (!equal) expect([x[i], got[i]]).toEqual([x[i], want(i)])
    }
  })
})

it('says what is missing', () => {
  expect(() => evaluate(['int32'], 'int32', [[1]], 'double', (b, x) => unaryMath(b, 'exp', x, 'int32')))
    .toThrow('there is no exp of int32')
})
