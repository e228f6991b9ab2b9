/** Matrix micro-kernels as the compiler would build them, and the loops that measure what wasm can do at most. */
import { Code, WasmModule } from '../../../src/asm/wasm/index.ts'
import { Builder } from '../../../src/kernel/builder.ts'
import type { Fn, Kernel, Value } from '../../../src/kernel/ir.ts'
import { at, kernelOf } from '../kernel/kit.ts'

/** C (rows × 4·vectors) = A (packed, rows a step of k) · B (packed, vectors a step of k); parameters a, b, c, depth. */
export function microKernel(rows: number, vectors: number, unroll = 1): Fn {
  const b = new Builder(`micro${rows}x${vectors}`, 4)
  const [pa, pb, pc, depth] = b.fn.params
  const zero = b.constant('f32', 0, 4)
  const result = b.loop(b.int(0), depth, unroll, Array<Value>(rows * vectors).fill(zero), (k, carried) => {
    let acc = carried
    const ia = b.imul(k, rows)
    const ib = b.imul(k, 4 * vectors)
    for (let u = 0; u < unroll; u++) acc = step(b, rows, vectors, u, { pa, pb, ia, ib }, acc)
    return acc
  })
  result.forEach((r, i) => b.store('f32', at(pc, 16 * i), r))
  return b.fn
}

interface Operands { pa: Value; pb: Value; ia: Value; ib: Value }

function step(
  b: Builder, rows: number, vectors: number, u: number, { pa, pb, ia, ib }: Operands, acc: readonly Value[],
): Value[] {
  const next: Value[] = []
  const column = Array.from({ length: vectors }, (_, v) => b.load('f32', at(pb, 16 * (u * vectors + v), ib), 4))
  for (let r = 0; r < rows; r++) {
    const x = b.splat(b.load('f32', at(pa, 4 * (u * rows + r), ia), 1), 4)
    for (let v = 0; v < vectors; v++) next.push(b.fma(x, column[v], acc[r * vectors + v]))
  }
  return next
}

/** Calls the micro-kernel [first, end) times on slots A, B, C. */
export function microDriver(micro: Fn, depth: number): Kernel {
  const b = new Builder(`driver-${micro.name}`, 4)
  const [pa, pb, pc] = [b.arg(0), b.arg(1), b.arg(2)]
  b.loop(b.param(1), b.param(2), 1, [], () => {
    b.call(micro, [pa, pb, pc, b.int(depth)])
    return []
  })
  return kernelOf(b.fn, 3, { callees: [micro] })
}

/** A function of n that does n · chains · 8 vector multiply-adds: the most that the engine reaches. */
export function peakLoop(chains: number, relaxed: boolean): (n: number) => void {
  const module = new WasmModule()
  const code = new Code()
  for (let i = 0; i < chains; i++) code.localGet(0).op('i32x4.splat').op('f32x4.convert_i32x4_s').localSet(1 + i)
  code.localGet(0).op('i32x4.splat').op('f32x4.convert_i32x4_s').localSet(1 + chains)
  code.loop()
  for (let u = 0; u < 8; u++) {
    for (let i = 1; i <= chains; i++) {
      code.localGet(i).localGet(1 + chains)
      if (relaxed) code.localGet(1 + chains).op('f32x4.relaxed_madd')
      else code.op('f32x4.mul').localGet(1 + chains).op('f32x4.add')
      code.localSet(i)
    }
  }
  code.localGet(0).i32Const(1).op('i32.sub').localTee(0).brIf(0).end()
  code.localGet(1)
  for (let i = 2; i <= chains; i++) code.localGet(i).op('v128.xor')
  code.op('v128.any_true')
  module.exportFunction('f', module.addFunction(['i32'], ['i32'], Array(chains + 1).fill('v128'), code))
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()))
  return exports.f as (n: number) => void
}
