/** @file The entry for browsers. */
import { registrations } from './backends.browser.ts'
import type { Device } from './graph/executor.ts'
import { installDevices } from './runtime/install.ts'

const devices = installDevices({ threads: 1, registrations })

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
