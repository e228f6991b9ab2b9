/** @file The entry for Node. */
import * as files from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { registrations } from './backends.node.ts'
import { installWorkers } from './data/index.ts'
import type { Device } from './graph/executor.ts'
import { installFileSystem, nodeFileSystem } from './io/index.ts'
import { installDevices } from './runtime/install.ts'
import { showStages } from './util/debug.ts'
import { DeviceError } from './util/errors.ts'

const { env } = process

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
installWorkers((source, { message, error }) => {
  // not at the top: most programs have no workers for data
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  return new Worker(source, { eval: true }).on('message', message).on('error', error)
    .on('exit', code => error(new Error(`it left with code ${code}`)))
})

const devices = installDevices({
  threads: threads(), device: env.DIFFEO_DEVICE as Device | undefined, registrations,
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
