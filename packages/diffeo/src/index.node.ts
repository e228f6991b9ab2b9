/** @file The entry for Node: native code, wasm with threads, the interpreter. */
import * as files from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { emitKernels } from './backend/native/codegen/index.ts'
import { createLinker } from './backend/native/linker.ts'
import { NullLinker, nullTarget } from './backend/null/index.ts'
import { wasmTarget } from './backend/wasm/codegen.ts'
import { hasRelaxedSimd } from './backend/wasm/features.ts'
import { WasmLinker } from './backend/wasm/linker.ts'
import type { Device } from './graph/executor.ts'
import { installFileSystem, nodeFileSystem } from './io/index.ts'
import { CompiledExecutor } from './runtime/compiled-executor.ts'
import type { Made } from './runtime/devices.ts'
import { installDevices } from './runtime/install.ts'
import { showStages } from './util/debug.ts'
import { DeviceError } from './util/errors.ts'

const { env } = process

/** Node 20 has relaxed SIMD behind a flag that may be set while it runs. */
function relaxed(): boolean {
  if (env.DIFFEO_RELAXED === '0') return false
  if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd')
  return hasRelaxedSimd()
}

function threads(): number {
  const wanted = env.DIFFEO_THREADS
  if (wanted === undefined || wanted === '') return availableParallelism()
  const n = Number(wanted)
  if (!Number.isInteger(n) || n < 1)
    throw new DeviceError(`DIFFEO_THREADS is '${wanted}', not a whole number from 1 up`)
  return n
}

showStages(env.DIFFEO_DEBUG ?? '')
installFileSystem(nodeFileSystem(files))

let isa = ''
function native(): Made {
  const made = createLinker(createRequire(import.meta.url), {
    emit: emitKernels, guard: env.DIFFEO_GUARD === '1', ...(env.DIFFEO_ISA ? { isa: env.DIFFEO_ISA } : {}),
  })
  if (made.linker === null) return { reason: made.reason }
  isa = made.target.isa
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

const devices = installDevices({
  threads: threads(),
  device: env.DIFFEO_DEVICE as Device | undefined,
  devices: [
    ['native', { make: native, describe: () => isa }],
    ['wasm', { make: wasm, describe: () => `simd128${fused ? ', relaxed multiply-add' : ''}` }],
    [
      'null',
      {
        make: () => ({
          executor: new CompiledExecutor({ device: 'null', linker: new NullLinker(), target: nullTarget }),
        }),
        describe: () => 'computes nothing: values are 0, programs are counted',
      },
    ],
  ],
})

export * from './index.ts'

/** The device in force: where new tensors are made and computed. */
export const device = (): Device => devices.device
/** Puts another device in force. @throws DeviceError that says why it is not there. */
export const setDevice = async (name: Device): Promise<void> => devices.use(name)
/** The devices that this machine has. */
export const listDevices = (): Device[] => devices.list()
export { listDevices as devices }
/** Every device of this build, with what it is or why it is not there. */
export const describeDevices = () => devices.describe()
/** How many threads kernels may use. Results do not depend on it. */
export const setThreads = (n: number): void => devices.setThreads(n)
