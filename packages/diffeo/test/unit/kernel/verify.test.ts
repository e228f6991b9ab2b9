import { describe, expect, it } from 'vitest'
import { Builder } from '../../../src/kernel/builder.ts'
import { Instr, type Kernel, type Target, type Value } from '../../../src/kernel/ir.ts'
import { printKernel } from '../../../src/kernel/print.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'
import { randomKernel } from './fuzz.ts'
import { at, avx512, kernel, kernelOf, wasm } from './kit.ts'

const rejects = (build: (b: Builder) => void, message: string, target: Target = wasm) =>
  expect(() => verifyKernel(kernel(2, build), target)).toThrow(message)

/** Appends an instruction that the builder's types would not allow. */
function raw(b: Builder, op: Instr['op'], args: readonly Value[], kind?: Value['kind'], lanes = 1, imm = 0): Instr {
  const instr = new Instr(op, args, imm)
  if (kind) instr.result = { id: b.fn.values++, kind, lanes, def: instr }
  b.block.instrs.push(instr)
  return instr
}

describe('accepts', () => {
  it('random kernels for every target', () => {
    const avx2: Target = { ...avx512, isa: 'avx2', lanes: 8, masks: false }
    for (const target of [wasm, avx512, avx2]) {
      for (let seed = 1; seed <= 60; seed++) verifyKernel(randomKernel(seed, target), target)
    }
  })
})

describe('rejects', () => {
  it('uses that no definition dominates', () => {
    let inner: Value
    rejects((b) => {
      b.loop(b.int(0), b.int(4), 1, [], (v) => { inner = b.iadd(v, 1); return [] })
      b.iadd(inner, 1)
    }, 'test: v9:int = iadd v8, v7: uses v8, whose definition does not dominate it')
    rejects((b) => {
      const after = () => { b.store('i32', at(b.arg(0)), b.fromInt(inner)) }
      b.if('eq', b.int(0), b.int(0), () => { inner = b.arg(1) }, after)
    }, 'does not dominate')
    rejects((b) => { b.fromInt(new Builder('other', 1).param(0)) }, 'does not dominate')
  })

  it('values defined twice or numbered wrongly', () => {
    rejects((b) => { const v = b.int(1); b.block.instrs.push(v.def!) }, 'v4 is defined twice')
    rejects((b) => { b.int(1); b.fn.values = 2 }, 'is not numbered below 2')
  })

  it('kinds and lanes', () => {
    rejects((b) => { b.binary('add', b.constant('f32', 1, 4), b.constant('f32', 1, 1)) }, 'differ in type')
    rejects((b) => { b.binary('minU', b.constant('f32', 1, 4), b.constant('f32', 1, 4)) }, 'is f32, not i32')
    rejects((b) => { b.unary('sqrt', b.constant('i32', 1, 1)) }, 'is i32, not f32')
    rejects((b) => { b.constant('f32', 1, 3) }, 'f32 of 3 lanes')
    rejects((b) => { b.select(b.constMask(true, 1), b.iota(4), b.iota(4)) }, 'not mask of 4')
    rejects((b) => { raw(b, 'reduceAdd', [b.constant('f32', 1, 4)], 'i32') }, 'not f32 of 1')
    rejects((b) => { b.convert('f32ToI32', b.constant('i32', 1, 1)) }, 'is i32, not f32')
    rejects((b) => { b.iadd(b.constant('i32', 1, 1), 2) }, 'differ in type')
    rejects((b) => { raw(b, 'fma', [b.constant('f32', 1, 1)], 'f32') }, 'takes 3 arguments, not 1')
  })

  it('memory', () => {
    rejects((b) => { b.store('i32', at(b.arg(0)), b.constant('f32', 1, 1)) }, 'moves f32 as i32')
    rejects((b) => { b.load('f32', at(b.constant('i32', 0, 1)), 1) }, 'not an int')
    rejects((b) => { b.load('f32', at(b.arg(0), 0.5), 1) }, 'not a 32-bit integer')
    rejects((b) => { b.load('f32', at(b.arg(0), 0, b.int(1), 3 as 4), 1) }, 'scales by 3')
    rejects((b) => { b.gather('f32', b.arg(0), b.constant('f32', 0, 4)) }, 'one i32 element number')
  })

  it('masks where the target has none', () => {
    const masked = (b: Builder) => { b.load('f32', at(b.arg(0)), 4, b.constMask(true, 4)) }
    rejects(masked, 'takes a mask, which wasm does not have')
    rejects((b) => { b.firstLanes(b.int(2), 4) }, 'has no masks')
    const right = kernel(1, (b) => { b.load('f32', at(b.arg(0)), 16, b.firstLanes(b.int(3), 16)) })
    verifyKernel(right, avx512)
  })

  it('loops, branches and calls of the wrong shape', () => {
    rejects((b) => { b.loop(b.int(0), b.int(4), 1, [b.int(1)], () => []) }, 'has 0 yields for 1 inits')
    rejects((b) => { b.loop(b.int(0), b.int(4), 0, [], () => []) }, 'steps by 0')
    rejects((b) => { b.loop(b.int(0), b.int(4), 1, [b.int(1)], () => [b.constMask(true, 1)]) }, 'yields 0 is not typed')
    const callee = new Builder('callee', 2).fn
    const calling = (args: number, callees: Kernel['callees']) => kernel(0, (b) => {
      b.call(callee, Array.from({ length: args }, () => b.int(0)))
    }, { callees })
    expect(() => verifyKernel(calling(1, [callee]), wasm)).toThrow('passes 1 arguments for 2')
    expect(() => verifyKernel(calling(2, []), wasm)).toThrow('callee is not listed')
    verifyKernel(calling(2, [callee]), wasm)
    expect(() => verifyKernel(kernelOf(callee, 0), wasm)).toThrow('not 2 parameters')
  })

  it('immediates', () => {
    rejects((b) => { b.int(1.5) }, 'not an integer')
    rejects((b) => { b.int(2 ** 33) }, 'not a 32-bit int')
    rejects((b) => { b.arg(2) }, 'slot 2 is not one of 2')
    rejects((b) => { b.idiv(b.int(4), 0) }, 'divides by 0')
    rejects((b) => { b.constant('i32', 2 ** 32, 1) }, 'not a 32-bit integer')
    const callee = new Builder('callee', 1)
    callee.arg(9)
    expect(() => verifyKernel(kernel(1, () => {}, { callees: [callee.fn] }), wasm)).toThrow('is not one of')
  })
})

it('prints a listing', () => {
  const k = kernel(2, (b) => {
    const [sum] = b.loop(b.param(1), b.param(2), 4, [b.constant('f32', 0, 4)], (v, [s]) =>
      [b.fma(b.load('f32', at(b.arg(0), 16, v), 4), b.constant('f32', 2, 4), s)])
    b.if('lt', b.param(1), b.int(3), () => b.store('f32', at(b.arg(1)), b.reduceLanes('reduceAdd', sum)))
  })
  expect(printKernel(k)).toBe(`kernel test: 2 slots, 1 turns, scratch 0, 0 flops, 0 bytes
fn test(v0, v1, v2, v3) {
  v4:f32x4 = const 0
  v7:f32x4 = for v5 in v1..v2 by 4 carry v6 = v4 {
    v8:int = arg 0
    v9:f32x4 = load.f32 [v8 + v5·4 + 16]
    v10:f32x4 = const 2
    v11:f32x4 = fma v9, v10, v6
    yield v11
  }
  v12:int = iconst 3
  if v1 lt v12 {
    v13:int = arg 1
    v14:f32 = reduceAdd v7
    store.f32 [v13], v14
  }
}`)
})
