/** @file What computes here, in words. */
import { describeDevices, device } from 'diffeo'

/** The device in force, in one line. */
export function deviceLine(): string {
  const found = describeDevices().find(d => d.name === device())
  return `computes on ${device()}${found?.detail ? ` (${found.detail})` : ''}`
}

/** What this machine offers to compute with, and why not with others. */
export const deviceLines = (): string[] => describeDevices().map(({ name, available, detail }) =>
  `${name.padEnd(8)}${available ? name === device() ? 'in use' : 'there' : 'not here'}${detail ? `: ${detail}` : ''}`)
