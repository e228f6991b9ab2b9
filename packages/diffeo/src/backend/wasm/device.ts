/** @file What a program needs of the device that it was linked for. */
import type { Kernel } from '../../kernel/ir.ts'
import type { Heap } from './heap.ts'
import type { Owners } from './storage.ts'

export type Entry = (args: number, first: number, end: number, scratch: number) => void

/** What executables need of the device. */
export interface Device {
  readonly heap: Heap
  readonly owners: Owners
  /** Address of the status word. */
  readonly status: number
  readonly scratch: number
  nextRun(): number
  reserve(arenaBytes: number, scratchBytes: number): number
  call(entry: Entry, code: number, kernel: number, info: Kernel, args: number, scratch: number): void
  drop(code: number): void
}
