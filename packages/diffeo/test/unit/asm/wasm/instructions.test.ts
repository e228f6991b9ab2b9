import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  ATOMIC_OPS, Code, LANE_OPS, MEM_LANE_OPS, MEM_OPS, OPS, RELAXED_SIMD_OPS, SCALAR_OPS, SIMD_OPS,
} from '../../../../src/asm/wasm/index.ts'
import { wrap, type Signature } from './helpers.ts'
import { atomicSignature, laneSignature, memLaneSignature, memSignature, plainSignature } from './signatures.ts'

const keys = <T extends object>(table: T) => Object.keys(table) as (keyof T & string)[]
const FAR = 1_000_000

type Instruction = { name: string; signature: Signature; write: (code: Code) => Code }

const instructions: Instruction[] = [
  ...keys(OPS).map((name) => ({ name, signature: plainSignature(name), write: (c: Code) => c.op(name) })),
  ...keys(MEM_OPS).map((name) => ({ name, signature: memSignature(name), write: (c: Code) => c.mem(name, FAR) })),
  ...keys(MEM_LANE_OPS).map((name) => ({
    name, signature: memLaneSignature(name), write: (c: Code) => c.memLane(name, FAR, 1),
  })),
  ...keys(LANE_OPS).map((name) => ({ name, signature: laneSignature(name), write: (c: Code) => c.lane(name, 1) })),
  ...keys(ATOMIC_OPS).map((name) => ({
    name, signature: atomicSignature(name), write: (c: Code) => c.atomic(name, FAR),
  })),
]

const fixture = new Map(
  readFileSync(new URL('instructions.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string]),
)

describe('instruction tables', () => {
  it('are covered by the fixture, name for name', () => {
    expect(instructions.map((i) => i.name).sort()).toEqual([...fixture.keys()].sort())
  })

  it('are complete', () => {
    const vectorMemory = keys(MEM_OPS).filter((name) => name.startsWith('v128'))
    const vector = [SIMD_OPS, LANE_OPS, MEM_LANE_OPS].reduce((n, table) => n + keys(table).length, vectorMemory.length)
    expect(vector + ['v128.const', 'i8x16.shuffle'].length).toBe(236)
    expect(keys(RELAXED_SIMD_OPS).length).toBe(20)
    expect(keys(SCALAR_OPS).length).toBe(123 + 5 + 8) // first version, sign extension, saturating truncation
    expect(keys(MEM_OPS).length - vectorMemory.length).toBe(23)
    expect(keys(ATOMIC_OPS).length).toBe(3 + 9 * 7) // and atomic.fence, a method
  })

  it.each(instructions)('$name has the bytes that wabt writes', ({ name, write }) => {
    expect(Buffer.from(write(new Code()).toBytes()).toString('hex')).toBe(fixture.get(name))
  })

  it.each(instructions)('$name validates with its signature, and with no other result', ({ signature, write }) => {
    expect(WebAssembly.validate(wrap(signature, write))).toBe(true)
    const { params, results } = signature
    const other = results.length === 0 ? ['i32' as const] : [results[0] === 'f64' ? ('i32' as const) : ('f64' as const)]
    expect(WebAssembly.validate(wrap({ params, results: other }, write))).toBe(false)
    expect(WebAssembly.validate(wrap({ params: params.slice(1), results }, write))).toBe(false)
  })

  it.each([...keys(MEM_OPS)])('%s takes every alignment up to the natural one', (name) => {
    const natural = 1 << (MEM_OPS[name] >>> 24)
    for (let align = 1; align <= natural; align *= 2) {
      expect(WebAssembly.validate(wrap(memSignature(name), (c) => c.mem(name, 4, align)))).toBe(true)
    }
    expect(() => new Code().mem(name, 4, 2 * natural)).toThrow(RangeError)
  })

  it.each([...keys(LANE_OPS)])('%s reaches its last lane and no further', (name) => {
    const count = LANE_OPS[name] >>> 24
    expect(WebAssembly.validate(wrap(laneSignature(name), (c) => c.lane(name, count - 1)))).toBe(true)
    expect(() => new Code().lane(name, count)).toThrow(RangeError)
    expect(() => new Code().lane(name, -1)).toThrow(RangeError)
  })

  it.each([...keys(MEM_LANE_OPS)])('%s reaches its last lane and no further', (name) => {
    const count = 16 >> (MEM_LANE_OPS[name] >>> 24)
    expect(WebAssembly.validate(wrap(memLaneSignature(name), (c) => c.memLane(name, 0, count - 1)))).toBe(true)
    expect(() => new Code().memLane(name, 0, count)).toThrow(RangeError)
  })
})

const none = { params: [], results: [] }
const three: Signature = { params: ['i32', 'i32', 'i32'], results: [] }

describe('instructions with a method of their own', () => {
  it.each<[string, Signature, (code: Code) => unknown]>([
    ['unreachable', none, (c) => c.unreachable()],
    ['nop', none, (c) => c.nop()],
    ['return', none, (c) => c.return_()],
    ['drop', { params: ['v128'], results: [] }, (c) => c.drop()],
    ['select', { params: ['f32', 'f32', 'i32'], results: ['f32'] }, (c) => c.select()],
    ['select t', { params: ['v128', 'v128', 'i32'], results: ['v128'] }, (c) => c.select('v128')],
    ['i8x16.shuffle', { params: ['v128', 'v128'], results: ['v128'] }, (c) => c.shuffle(new Uint8Array(16).fill(31))],
    ['v128.const', { params: [], results: ['v128'] }, (c) => c.v128Const(new Uint8Array(16))],
    ['atomic.fence', none, (c) => c.atomicFence()],
    ['memory.size', { params: [], results: ['i32'] }, (c) => c.memorySize()],
    ['memory.grow', { params: ['i32'], results: ['i32'] }, (c) => c.memoryGrow()],
    ['memory.copy', three, (c) => c.memoryCopy()],
    ['memory.fill', three, (c) => c.memoryFill()],
    ['block', none, (c) => c.block().br(0).end()],
    ['block t', { params: [], results: ['i64'] }, (c) => c.block('i64').i64Const(1).end()],
    ['block [t] → [t]', { params: ['i32'], results: ['i32'] }, (c) => c.block(0).end()],
    ['loop', none, (c) => c.loop().i32Const(0).brIf(0).end()],
    ['if', { params: ['i32'], results: ['f64'] }, (c) => c.if_('f64').f64Const(1).else_().f64Const(2).end()],
    ['br_table', { params: ['i32'], results: [] }, (c) => c.brTable([0, 0], 0)],
    ['call', none, (c) => c.call(0)],
  ])('%s validates', (_, signature, write) => {
    expect(WebAssembly.validate(wrap(signature, write))).toBe(true)
  })

  it('reject what cannot be encoded', () => {
    const code = new Code()
    expect(() => code.shuffle([0, 1, 2])).toThrow(RangeError)
    expect(() => code.shuffle(new Uint8Array(16).fill(32))).toThrow(RangeError)
    expect(() => code.v128Const([1, 2])).toThrow(RangeError)
    expect(() => code.mem('i32.load', -1)).toThrow(RangeError)
    expect(() => code.mem('i32.load', 0, 3)).toThrow(RangeError)
    expect(() => code.localGet(1.5)).toThrow(RangeError)
    expect(() => code.i32Const(2 ** 32)).toThrow(RangeError)
    expect(() => code.i32Const(0.5)).toThrow(RangeError)
    expect(() => code.i64Const(2n ** 64n)).toThrow(RangeError)
    expect(() => code.i64Const(2 ** 60)).toThrow(RangeError)
    expect(() => new Code().end()).toThrow(/end/)
    expect(() => code.op('f32.fma' as 'f32.add')).toThrow(/unknown instruction f32.fma/)
    expect(() => code.mem('i32.load64' as 'i32.load')).toThrow(/unknown instruction/)
  })
})
