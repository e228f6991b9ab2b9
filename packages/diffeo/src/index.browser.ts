/** @file The entry for browsers: wasm, the interpreter. */
import { wasmTarget } from './backend/wasm/codegen.ts'
import { hasRelaxedSimd } from './backend/wasm/features.ts'
import { WasmLinker } from './backend/wasm/linker.ts'
import type { Device } from './graph/executor.ts'
import { CompiledExecutor } from './runtime/compiled-executor.ts'
import type { Made } from './runtime/devices.ts'
import { installDevices } from './runtime/install.ts'

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

const devices = installDevices({ threads: 1, devices: [['wasm', { make: wasm, describe: () => 'simd128' }]] })

export * from './index.ts'

/** The device in force: where new tensors are made and computed. */
export const device = (): Device => devices.device
/** Puts another device in force. @throws DeviceError that says why it is not there. */
export const setDevice = async (name: Device): Promise<void> => devices.use(name)
/** The devices that this engine has. */
export const listDevices = (): Device[] => devices.list()
export { listDevices as devices }
/** Every device of this build, with what it is or why it is not there. */
export const describeDevices = () => devices.describe()
/** How many threads kernels may use. Results do not depend on it. */
export const setThreads = (n: number): void => devices.setThreads(n)
