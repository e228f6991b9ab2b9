/** @file Puts the devices of an entry together and installs them as the executor. The entry names the backends. */
import { installExecutor, type Device } from '../graph/executor.ts'
import { Devices, type Registration } from './devices.ts'
import { InterpExecutor } from './interp-executor.ts'

export interface Environment {
  readonly threads: number
  /** The device in force at the start; the best one, if not given. */
  readonly device?: Device | undefined
  readonly devices: readonly (readonly [Device, Registration])[]
}

export function installDevices(environment: Environment): Devices {
  const devices = new Devices(environment.threads)
  for (const [name, registration] of environment.devices) devices.register(name, registration)
  devices.register('interp', { make: () => ({ executor: new InterpExecutor() }) })
  installExecutor(devices)
  if (environment.device && environment.device !== 'cpu') devices.use(environment.device)
  return devices
}
