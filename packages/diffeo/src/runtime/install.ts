/** @file Puts the devices of an entry together and installs them as the executor. */
import { emitKernels } from '../backend/native/codegen/index.ts'
import { createLinker } from '../backend/native/linker.ts'
import type { Require } from '../backend/native/ffi.ts'
import { wasmTarget } from '../backend/wasm/codegen.ts'
import { WasmLinker, type WasmOptions } from '../backend/wasm/linker.ts'
import { installExecutor, type Device } from '../graph/executor.ts'
import { CompiledExecutor } from './compiled-executor.ts'
import { Devices, type Made } from './devices.ts'
import { InterpExecutor } from './interp-executor.ts'

export interface Environment {
  readonly threads: number
  readonly device?: Device | undefined
  /** Loads koffi; absent where there is no native code. */
  readonly require?: Require
  readonly isa?: string | undefined
  readonly guard?: boolean
  readonly wasm: WasmOptions & { readonly relaxed: boolean }
}

export function installDevices(environment: Environment): Devices {
  const devices = new Devices(environment.threads)
  const { require, wasm } = environment
  let native = ''
  if (require) {
    devices.register('native', {
      make: () => {
        const { isa, guard = false } = environment
        const made = createLinker(require, { emit: emitKernels, guard, ...(isa ? { isa } : {}) })
        if (made.linker === null) return { reason: made.reason }
        native = made.target.isa
        return { executor: new CompiledExecutor({ device: 'native', linker: made.linker, target: made.target }) }
      },
      describe: () => native,
    })
  }
  devices.register('wasm', {
    make: (): Made => {
      if (typeof WebAssembly === 'undefined') return { reason: 'this engine has no WebAssembly' }
      return { executor: new CompiledExecutor({ device: 'wasm', linker: new WasmLinker(wasm), target: wasmTarget(wasm.relaxed) }) }
    },
    describe: () => `simd128${wasm.relaxed ? ', relaxed multiply-add' : ''}`,
  })
  devices.register('interp', { make: () => ({ executor: new InterpExecutor() }) })
  installExecutor(devices)
  if (environment.device && environment.device !== 'cpu') devices.use(environment.device)
  return devices
}
