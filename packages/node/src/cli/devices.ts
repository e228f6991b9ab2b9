/** @file What computes here, in words. */
import * as diffeo from 'diffeo'

interface Described { describeDevices?: () => string | readonly string[] }

/** The device in force, in one line. */
export function deviceLine(): string { return `computes on ${diffeo.device()}` }

/** What this machine offers to compute with. */
export function deviceLines(): string[] {
  const described = (diffeo as Described).describeDevices?.()
  if (described !== undefined) return typeof described === 'string' ? described.split('\n') : [...described]
  return [...diffeo.devices()].map(d => `${d}${d === diffeo.device() ? ' (in use)' : ''}`)
}
