/** @file Runs graphs on the compiled backends and on the reference, for tests. */
import { createRequire } from 'node:module'
import { createLinker } from '../../../src/backend/native/linker.ts'
import { emitKernels } from '../../../src/backend/native/codegen/index.ts'
import type { Linker, Storage } from '../../../src/backend/program.ts'
import { evaluateGraph } from '../../../src/backend/interp/evaluate.ts'
import { WasmLinker } from '../../../src/backend/wasm/linker.ts'
import { wasmTarget } from '../../../src/backend/wasm/codegen.ts'
import type { DType } from '../../../src/graph/dtype.ts'
import { sizeOf, type Node } from '../../../src/graph/node.ts'
import type { Target } from '../../../src/kernel/ir.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'
import type { NDArray } from '../../../src/ops/record.ts'
import { brain, half } from '../../../src/util/half.ts'
import { compileProgram, type Compiled } from '../../../src/schedule/index.ts'

export interface Backend { readonly name: string; readonly linker: Linker; readonly target: Target }

let found: Backend[] | null = null

/** Every compiled backend that this machine has. */
export function backends(): Backend[] {
  if (found) return found
  found = []
  const guard = process.env.DIFFEO_GUARD === '1'
  for (const isa of ['avx512', 'avx2']) {
    const made = createLinker(createRequire(import.meta.url), { emit: emitKernels, isa, guard })
    if (made.linker && made.target.isa === isa) found.push({ name: isa, linker: made.linker, target: made.target })
  }
  found.push({ name: 'wasm', linker: new WasmLinker({ relaxed: false }), target: wasmTarget(false) })
  return found
}

const arrays = {
  float32: Float32Array, float64: Float64Array, float16: Uint16Array, bfloat16: Uint16Array,
  int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
} as const

/** Halves lie in memory as 16 bits. */
const formats: Partial<Record<DType, typeof half>> = { float16: half, bfloat16: brain }

export const toBytes = (a: NDArray): Uint8Array => {
  const { encode } = formats[a.dtype] ?? { encode: (x: number) => x }
  const typed = (arrays[a.dtype] as Float64ArrayConstructor).from(a.data, encode)
  return new Uint8Array(typed.buffer)
}

const fromBytes = (bytes: Uint8Array<ArrayBuffer>, dtype: DType, size: number): Float64Array => {
  const { decode } = formats[dtype] ?? { decode: (x: number) => x }
  return Float64Array.from(new arrays[dtype](bytes.buffer, 0, size) as Float32Array, decode)
}

export type Feeds = ReadonlyMap<Node, NDArray>

/** The outputs' elements as the backend computes them. */
export function runCompiled(
  outputs: readonly Node[],
  feeds: Feeds,
  backend: Backend,
  seen?: (c: Compiled) => void,
): Float64Array[] {
  const { linker, target } = backend
  const compiled = compileProgram(outputs, { target, leaf: n => feeds.has(n), updates: new Map() })
  for (const k of compiled.program.kernels) verifyKernel(k, target)
  seen?.(compiled)
  const executable = linker.link(compiled.program)
  const results: { storage: Storage; index: number }[] = []
  const storages = compiled.externals.map(e => {
    if (e.kind === 'input') {
      const bytes = toBytes(feeds.get(e.node) as NDArray)
      const s = linker.allocate(bytes.length)
      linker.write(s, bytes)
      return s
    }
    const n = outputs[e.index]
    const s = linker.allocate(Math.max(4, sizeOf(n.shape) * new arrays[n.dtype](0).BYTES_PER_ELEMENT))
    results.push({ storage: s, index: e.index })
    return s
  })
  const status = executable.run(storages)
  if (status !== 0) throw new Error(`status ${status}`)
  const out: Float64Array[] = []
  for (const { storage, index } of results) {
    const n = outputs[index]
    out[index] = fromBytes(linker.read(storage), n.dtype, sizeOf(n.shape))
  }
  executable.release()
  for (const s of storages) linker.free(s)
  return out
}

/** The reference, rounded to each node's dtype. */
export const runReference = (outputs: readonly Node[], feeds: Feeds): Float64Array[] =>
  evaluateGraph(outputs, 'rounded', n => feeds.get(n)).map(a => a.data)

/** Greatest |a − b| over atol + rtol·max|b|; NaN and infinities must agree. */
export function worst(a: Float64Array, b: Float64Array, rtol = 1e-5, atol = 1e-6): number {
  let scale = 0
  for (const v of b) if (Number.isFinite(v)) scale = Math.max(scale, Math.abs(v))
  let out = 0
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue
    const d = Math.abs(a[i] - b[i])
    out = Math.max(out, Number.isNaN(d) ? Infinity : d / (atol + rtol * scale))
  }
  return out
}
