/** @file Installs the devices of an entry as the executor. */
import { installExecutor } from '../graph/executor.ts'
import { Devices, type Environment } from './devices.ts'

export function installDevices(environment: Environment): Devices {
  const devices = new Devices(environment)
  installExecutor(devices)
  return devices
}
