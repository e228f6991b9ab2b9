/**
 * @file The devices of Node: native code, wasm with threads, the interpreter. All that compiles hangs here; the bundle
 * makes it a file of its own, which is read when a device is first used (docs/decisions/011-backends-load-late.md).
 */
import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { emitKernels } from './backend/native/codegen/index.ts'
import { createLinker } from './backend/native/linker.ts'
import { NullLinker, nullTarget } from './backend/null/index.ts'
import { wasmTarget } from './backend/wasm/codegen.ts'
import { hasRelaxedSimd } from './backend/wasm/features.ts'
import { WasmLinker } from './backend/wasm/linker.ts'
import { CompiledExecutor } from './runtime/compiled-executor.ts'
import { DeviceError } from './util/errors.ts'
import type { DeviceInfo, Made, Registrations } from './runtime/devices.ts'
import { InterpExecutor } from './runtime/interp-executor.ts'

const { env } = process

/** Node 20 has relaxed SIMD behind a flag that may be set while it runs. */
function relaxed(): boolean {
  if (env.DIFFEO_RELAXED === '0') return false
  if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd')
  return hasRelaxedSimd()
}

let processor: Pick<DeviceInfo, 'detail' | 'caches'> = { detail: '' }
/** @throws DeviceError for a name that is none: ignored, it would send everything to wasm */
function native(): Made {
  const { DIFFEO_ISA: wanted } = env
  if (wanted !== undefined && wanted !== '' && wanted !== 'avx512' && wanted !== 'avx2')
    throw new DeviceError(`DIFFEO_ISA is '${wanted}'; it may be 'avx512' or 'avx2'`)
  const made = createLinker(createRequire(import.meta.url), {
    emit: emitKernels, guard: env.DIFFEO_GUARD === '1', ...(env.DIFFEO_ISA ? { isa: env.DIFFEO_ISA } : {}),
  })
  if (made.linker === null) return { reason: made.reason }
  const { l1, l2, l3 } = made.cpu
  processor = { detail: made.target.isa, caches: [l1, l2, l3] }
  return { executor: new CompiledExecutor({ device: 'native', linker: made.linker, target: made.target }) }
}

let fused = false
function wasm(): Made {
  fused = relaxed()
  const spawn = (source: string) => {
    const worker = new Worker(source, { eval: true })
    worker.unref()
    return worker
  }
  return {
    executor: new CompiledExecutor({
      device: 'wasm',
      linker: new WasmLinker({ relaxed: fused, spawn }),
      target: wasmTarget(fused),
    }),
  }
}

const nothing = (): Made => ({
  executor: new CompiledExecutor({ device: 'null', linker: new NullLinker(), target: nullTarget }),
})

export const registrations = (): Registrations => new Map([
  ['native', { make: native, describe: () => processor }],
  ['wasm', { make: wasm, describe: () => ({ detail: `simd128${fused ? ', relaxed multiply-add' : ''}` }) }],
  ['null', { make: nothing, describe: () => ({ detail: 'computes nothing: values are 0, programs are counted' }) }],
  ['interp', { make: () => ({ executor: new InterpExecutor() }) }],
])
