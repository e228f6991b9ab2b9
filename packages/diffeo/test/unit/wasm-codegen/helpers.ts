import { setFlagsFromString } from 'node:v8'
import { emitModule, wasmTarget } from '../../../src/backend/wasm/codegen.ts'
import type { Kernel } from '../../../src/kernel/ir.ts'

// Node 20 hides relaxed SIMD behind a flag that must be set before the first module; later versions have no such flag.
if (Number(process.versions.node.split('.')[0]) < 21) setFlagsFromString('--experimental-wasm-relaxed-simd')

export type Entry = (args: number, first: number, end: number, scratch: number) => void

/** The kernels' entries over `memory`. */
export function instantiate(kernels: readonly Kernel[], memory: WebAssembly.Memory, relaxed = false): Entry[] {
  const bytes = emitModule(kernels, wasmTarget(relaxed), { sharedMemory: false, relaxed })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  return kernels.map((_, i) => exports[String(i)] as Entry)
}
