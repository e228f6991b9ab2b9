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

const sizeText = (bytes: number): string => (bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`)

/** The data caches that one thread may count on: what is shared is divided. Null where no device knows. */
export function cacheLine(): string | null {
  const caches = describeDevices().find(d => d.caches)?.caches
  return caches ? `data ${caches.map((bytes, i) => `L${i + 1} ${sizeText(bytes)}`).join(', ')} a thread` : null
}
