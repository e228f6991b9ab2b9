/** @file The shared routines, loaded and callable. One per JavaScript thread and linker. */
import { CodeSegment, writeThroughView } from './code.ts'
import type { Ffi } from './ffi.ts'
import { emitRoutines, type Routine } from './routines.ts'

export class Machine {
  readonly ffi: Ffi
  readonly cpuid: (leaf: number, subleaf: number, out: Uint32Array) => void
  readonly xgetbv: () => number
  /** Where the first byte of a view or an ArrayBuffer lies. A backing store stays there for its whole life. */
  readonly addressOf: (memory: ArrayBufferView | ArrayBuffer) => number
  readonly copyIn: (to: number, from: Uint8Array, bytes: number) => void
  readonly copyOut: (to: Uint8Array, from: number, bytes: number) => void
  readonly fill: (to: number, byte: number, bytes: number) => void
  /** Runs the program at an address; returns its status word. */
  readonly run: (program: number) => number
  readonly notify: (control: number) => void
  readonly spawn: (record: number, create: number, detach: number) => number
  private readonly segment: CodeSegment

  constructor(ffi: Ffi, disturbed = false) {
    this.ffi = ffi
    const { code, offsets } = emitRoutines(disturbed)
    const segment = new CodeSegment(ffi, code, writeThroughView(ffi))
    const bind = (name: Routine, ...types: string[]) => ffi.bind(segment.address + offsets[name], types)
    this.segment = segment
    this.cpuid = bind('cpuid', 'void', 'uint32_t', 'uint32_t', 'void *') as unknown as Machine['cpuid']
    this.xgetbv = bind('xgetbv', 'uint32_t')
    this.addressOf = bind('identity', 'int64_t', 'void *')
    this.copyIn = bind('copy', 'void', 'int64_t', 'void *', 'int64_t')
    this.copyOut = bind('copy', 'void', 'void *', 'int64_t', 'int64_t')
    this.fill = bind('fill', 'void', 'int64_t', 'uint32_t', 'int64_t')
    this.run = bind('run', 'int32_t', 'int64_t')
    this.notify = bind('notify', 'void', 'int64_t')
    this.spawn = bind('spawn', 'int32_t', 'int64_t', 'int64_t', 'int64_t')
  }

  load(code: Uint8Array): CodeSegment {
    return new CodeSegment(this.ffi, code, (address, bytes) => this.copyIn(address, bytes, bytes.length))
  }

  /** Only when no worker was ever started: one may still be on its way out. */
  release(): void {
    this.segment.release()
  }
}
