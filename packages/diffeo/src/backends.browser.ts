/** @file The devices of browsers: wasm, the interpreter. */
import { wasmTarget } from './backend/wasm/codegen.ts'
import { hasRelaxedSimd } from './backend/wasm/features.ts'
import { WasmLinker } from './backend/wasm/linker.ts'
import { CompiledExecutor } from './runtime/compiled-executor.ts'
import type { Made, Registrations } from './runtime/devices.ts'
import { InterpExecutor } from './runtime/interp-executor.ts'

function wasm(): Made {
  if (typeof WebAssembly === 'undefined') return { reason: 'this engine has no WebAssembly' }
  const relaxed = hasRelaxedSimd()
  return {
    executor: new CompiledExecutor({
      device: 'wasm',
      linker: new WasmLinker({ relaxed }),
      target: wasmTarget(relaxed),
    }),
  }
}

export const registrations = (): Registrations => new Map([
  ['wasm', { make: wasm, describe: () => ({ detail: 'simd128' }) }],
  ['interp', { make: () => ({ executor: new InterpExecutor() }) }],
])
