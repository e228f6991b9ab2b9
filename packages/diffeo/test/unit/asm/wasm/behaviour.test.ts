import { describe, expect, it } from 'vitest'
import { Code, WasmModule } from '../../../../src/asm/wasm/index.ts'
import { fn, instantiate, memory } from './helpers.ts'

const bytes = new Uint8Array(memory.buffer)
const view = new DataView(memory.buffer)

/** The edges of every LEB128 length, both signs. */
function edges(bits: number): bigint[] {
  const out = new Set<bigint>([0n])
  for (let k = 5n; k < BigInt(bits); k++) {
    for (const v of [1n << k, (1n << k) - 1n, -(1n << k), -(1n << k) - 1n]) out.add(BigInt.asIntN(bits, v))
  }
  return [...out]
}

describe('constants', () => {
  it('i32 through every LEB128 length', () => {
    for (const value of edges(32).map(Number)) expect(fn([], ['i32'], [], (c) => c.i32Const(value))()).toBe(value)
    expect(fn([], ['i32'], [], (c) => c.i32Const(0xffffffff))()).toBe(-1)
  })

  it('i64 through every LEB128 length, as bigint and as number', () => {
    for (const value of edges(64)) {
      expect(fn([], ['i64'], [], (c) => c.i64Const(value))()).toBe(value)
      const number = Number(value)
      if (Number.isSafeInteger(number)) expect(fn([], ['i64'], [], (c) => c.i64Const(number))()).toBe(value)
    }
    expect(fn([], ['i64'], [], (c) => c.i64Const(2n ** 64n - 1n))()).toBe(-1n)
  })

  it('are written in the fewest bytes', () => {
    const length = (v: number) => new Code().i32Const(v).length - 1
    expect([0, 63, -64, 64, -65, 8191, -8192].map(length)).toEqual([1, 1, 1, 2, 2, 2, 2])
    expect([8192, -8193, 2 ** 31 - 1, -(2 ** 31)].map(length)).toEqual([3, 3, 5, 5])
    const unsigned = (v: number) => new Code().localGet(v).length - 1
    expect([0, 127, 128, 16383, 16384, 2 ** 32 - 1].map(unsigned)).toEqual([1, 1, 2, 2, 3, 5])
  })

  it('f32 and f64', () => {
    for (const v of [0, -0, 1.5, -1e30, 1e-45, Infinity, -Infinity, NaN]) {
      expect(fn([], ['f32'], [], (c) => c.f32Const(v))()).toBe(Math.fround(v))
      expect(fn([], ['f64'], [], (c) => c.f64Const(v))()).toBe(v)
    }
  })

  it('v128 from bytes and from words, also across a growth of the buffer', () => {
    const stored = (write: (c: Code) => Code) => {
      fn([], [], [], (c) => write(c.i32Const(0)).mem('v128.store', 64).nop())()
      return Array.from(bytes.slice(64, 80))
    }
    const counting = Array.from({ length: 16 }, (_, i) => i + 1)
    expect(stored((c) => c.v128Const(counting))).toEqual(counting)
    expect(stored((c) => c.v128Const(0x04030201, 0x08070605, 0x0c0b0a09, 0x100f0e0d))).toEqual(counting)
    expect(stored((c) => c.v128Const(-1, 0, 0xffffffff, 0)).slice(0, 9)).toEqual([255, 255, 255, 255, 0, 0, 0, 0, 255])
    const many = new Code(4)
    for (let i = 0; i < 100; i++) many.f64Const(i).v128Const(i, i, i, i).f32Const(i)
    expect(many.length).toBe(100 * (9 + 18 + 5))
    expect(new DataView(many.toBytes().buffer).getFloat64(99 * 32 + 1, true)).toBe(99)
  })
})

describe('control', () => {
  it('loops: the sum of 1 … n', () => {
    const sum = fn(['i32'], ['i32'], ['i32'], (c) =>
      c.block().loop()
        .localGet(0).op('i32.eqz').brIf(1)
        .localGet(1).localGet(0).op('i32.add').localSet(1)
        .localGet(0).i32Const(-1).op('i32.add').localSet(0)
        .br(0).end().end()
        .localGet(1))
    expect([0, 1, 10, 1000].map((n) => sum(n))).toEqual([0, 1, 55, 500500])
  })

  it('if and else, select, early return', () => {
    const abs = fn(['i32'], ['i32'], [], (c) =>
      c.localGet(0).i32Const(0).op('i32.lt_s')
        .if_('i32').i32Const(0).localGet(0).op('i32.sub').else_().localGet(0).end())
    expect([abs(-5), abs(7)]).toEqual([5, 7])
    const max = fn(['f64', 'f64'], ['f64'], [], (c) =>
      c.localGet(0).localGet(1).localGet(0).localGet(1).op('f64.gt').select())
    expect([max(1, 2), max(4, 3)]).toEqual([2, 4])
    expect(fn([], ['i32'], [], (c) => c.i32Const(1).return_().unreachable())()).toBe(1)
  })

  it('br_table', () => {
    const f = fn(['i32'], ['i32'], [], (c) =>
      c.block().block().block().localGet(0).brTable([0, 1], 2)
        .end().i32Const(10).return_().end().i32Const(20).return_().end().i32Const(30))
    expect([0, 1, 2, -1].map((n) => f(n))).toEqual([10, 20, 30, 30])
  })

  it('locals of mixed types keep their indices', () => {
    const f = fn(['i32'], ['f64'], ['i64', 'i64', 'f64', 'i64', 'f64'], (c) =>
      c.f64Const(2).localTee(3).localSet(5).i64Const(3).localSet(4)
        .localGet(4).op('f64.convert_i64_s').localGet(5).op('f64.mul'))
    expect(f(0)).toBe(6)
  })

  it('many locals and many results', () => {
    const f = fn([], ['i32', 'f32', 'i64'], Array(300).fill('i32'), (c) =>
      c.i32Const(9).localSet(299).localGet(299).f32Const(0.5).i64Const(-3))
    expect(f()).toEqual([9, 0.5, -3n])
  })
})

describe('modules', () => {
  it('calls: imported, declared before defined, mutually recursive', () => {
    const module = new WasmModule()
    const twice = module.importFunction('env', 'twice', ['i32'], ['i32'])
    const even = module.declareFunction(['i32'], ['i32'])
    const odd = module.declareFunction(['i32'], ['i32'])
    const body = new Code()
    const step = (base: number, next: number) =>
      body.reset().localGet(0).op('i32.eqz').if_('i32').i32Const(base).call(twice).else_()
        .localGet(0).i32Const(1).op('i32.sub').call(next).end()
    module.defineFunction(odd, [], step(0, even))
    module.defineFunction(even, [], step(1, odd))
    module.exportFunction('even', even)
    const f = instantiate(module, { twice: (x: number) => 2 * x }).even
    expect([0, 1, 2, 7, 10].map((n) => f(n))).toEqual([2, 0, 2, 0, 2])
  })

  it('call_indirect through two tables, and the exported table from the host', () => {
    const module = new WasmModule()
    const binary = module.addType(['f32', 'f32'], ['f32'])
    const body = new Code()
    const ops = (['f32.add', 'f32.sub', 'f32.mul'] as const).map((op) =>
      module.addFunction(['f32', 'f32'], ['f32'], [], body.reset().localGet(0).localGet(1).op(op)))
    const first = module.addTable({ min: 4 })
    const second = module.addTable({ min: 4, max: 8 })
    module.addElements(first, 1, ops)
    module.addElements(second, 0, [...ops].reverse())
    for (const table of [first, second]) {
      body.reset().localGet(1).localGet(2).localGet(0).callIndirect(binary, table)
      module.exportFunction(`run${table}`, module.addFunction(['i32', 'f32', 'f32'], ['f32'], [], body))
    }
    module.exportTable('table', first)
    const { run0, run1, table } = instantiate(module)
    expect([1, 2, 3].map((i) => run0(i, 5, 3))).toEqual([8, 2, 15])
    expect([0, 1, 2].map((i) => run1(i, 5, 3))).toEqual([15, 2, 8])
    expect(() => run0(0, 5, 3)).toThrow(WebAssembly.RuntimeError)
    expect(table.get(3)(5, 3)).toBe(15)
  })

  it('an imported table is filled', () => {
    const module = new WasmModule()
    const index = module.importTable('env', 'kernels', { min: 3 })
    module.addElements(index, 2, [module.addFunction([], ['i32'], [], new Code().i32Const(77))])
    const kernels = new WebAssembly.Table({ initial: 3, element: 'anyfunc' })
    instantiate(module, { kernels })
    expect(kernels.get(2)()).toBe(77)
  })

  it('equal types share an index; an empty module is valid', () => {
    const module = new WasmModule()
    expect(module.addType(['i32'], [])).toBe(module.addType(['i32'], []))
    expect(module.addType([], ['i32'])).not.toBe(module.addType(['i32'], []))
    expect(WebAssembly.validate(new WasmModule().finish())).toBe(true)
  })

  it('names are UTF-8 and large modules keep their sizes right', () => {
    const module = new WasmModule()
    const body = new Code()
    for (let i = 0; i < 300; i++) {
      body.reset()
      for (let k = 0; k < 20; k++) body.nop()
      module.exportFunction(`∂f${i}`, module.addFunction([], ['i32'], [], body.i32Const(i)))
    }
    const exports = instantiate(module)
    expect(exports['∂f299']()).toBe(299)
  })

  it('report misuse', () => {
    const module = new WasmModule()
    const declared = module.declareFunction([], [])
    expect(() => module.finish()).toThrow(/no body/)
    expect(() => module.defineFunction(declared, [], new Code().block())).toThrow(/not ended/)
    module.defineFunction(declared, [], new Code())
    expect(() => module.defineFunction(declared, [], new Code())).toThrow(/already/)
    expect(() => module.defineFunction(9, [], new Code())).toThrow(/not declared/)
    expect(() => module.importFunction('a', 'b', [], [])).toThrow(/before/)
    expect(() => module.exportFunction('f', 5)).toThrow(RangeError)
    module.exportFunction('f', declared)
    expect(() => module.exportFunction('f', declared)).toThrow(/twice/)
    expect(() => module.importMemory('a', 'm', { min: 1, shared: true })).toThrow(/maximum/)
    module.importMemory('a', 'm', { min: 1 })
    expect(() => module.importMemory('a', 'm', { min: 1 })).toThrow(/one memory/)
  })
})

describe('vectors and memory', () => {
  const put = (at: number, values: number[]) => values.forEach((v, i) => view.setFloat32(at + 4 * i, v, true))
  const get = (at: number) => [0, 4, 8, 12].map((i) => view.getFloat32(at + i, true))

  it('f32x4 arithmetic, splat loads, lanes', () => {
    put(0, [1, 2, 3, 4])
    put(16, [10, 20, 30, 40])
    const f = fn(['i32'], ['f32'], ['v128'], (c) =>
      c.i32Const(32)
        .localGet(0).mem('v128.load').localGet(0).mem('v128.load', 16).op('f32x4.mul')
        .localGet(0).mem('v128.load32_splat', 4).op('f32x4.sub').f32Const(-1).lane('f32x4.replace_lane', 3)
        .localTee(1).mem('v128.store', 0, 4).localGet(1).lane('f32x4.extract_lane', 2))
    expect(f(0)).toBe(88)
    expect(get(32)).toEqual([8, 38, 88, -1])
  })

  it('shuffle and lane loads', () => {
    put(0, [1, 2, 3, 4])
    put(16, [5, 6, 7, 8])
    const words = [7, 0, 5, 2]
    fn([], [], [], (c) =>
      c.i32Const(32).i32Const(0).mem('v128.load').i32Const(16).mem('v128.load')
        .shuffle(Uint8Array.from({ length: 16 }, (_, i) => 4 * words[i >> 2] + (i & 3)))
        .mem('v128.store'))()
    expect(get(32)).toEqual([8, 1, 6, 3])
    fn([], [], ['v128'], (c) =>
      c.i32Const(0).i32Const(16).localGet(0).memLane('v128.load32_lane', 4, 3).memLane('v128.store32_lane', 48, 3))()
    expect(get(48)[0]).toBe(6)
  })

  it('relaxed fused multiply-add', () => {
    put(0, [1, 2, 3, 4])
    fn([], [], [], (c) => {
      c.i32Const(32)
      for (let i = 0; i < 3; i++) c.i32Const(0).mem('v128.load')
      c.op('f32x4.relaxed_madd').mem('v128.store')
    })()
    expect(get(32)).toEqual([2, 6, 12, 20])
  })

  it('narrow loads, fill and copy', () => {
    fn([], [], [], (c) =>
      c.i32Const(100).i32Const(0x81).i32Const(3).memoryFill().i32Const(110).i32Const(99).i32Const(4).memoryCopy())()
    expect(Array.from(bytes.slice(110, 114))).toEqual([bytes[99], 0x81, 0x81, 0x81])
    expect(fn([], ['i32'], [], (c) => c.i32Const(0).mem('i32.load8_s', 100))()).toBe(0x81 - 256)
    expect(fn([], ['i32'], [], (c) => c.i32Const(0).mem('i32.load16_u', 100, 1))()).toBe(0x8181)
    expect(fn([], ['i32'], [], (c) => c.memorySize())()).toBe(1)
  })

  it('atomics on shared memory', () => {
    view.setInt32(200, 40, true)
    const at = (build: (c: Code) => Code) => fn([], ['i32'], [], (c) => build(c.i32Const(0)))()
    expect(at((c) => c.i32Const(2).atomic('i32.atomic.rmw.add', 200))).toBe(40)
    expect(at((c) => c.i32Const(42).i32Const(7).atomic('i32.atomic.rmw.cmpxchg', 200))).toBe(42)
    expect(at((c) => c.i32Const(42).i32Const(9).atomic('i32.atomic.rmw.cmpxchg', 200))).toBe(7)
    expect(at((c) => c.atomic('i32.atomic.load', 200))).toBe(7)
    expect(at((c) => c.i32Const(1).atomic('memory.atomic.notify', 200))).toBe(0)
    expect(at((c) => c.i32Const(8).i64Const(-1).atomic('memory.atomic.wait32', 200))).toBe(1)
    const xchg = fn(['i64'], ['i64'], [], (c) => c.i32Const(0).localGet(0).atomic('i64.atomic.rmw.xchg', 208))
    expect([xchg(5n), xchg(6n)]).toEqual([0n, 5n])
  })
})
