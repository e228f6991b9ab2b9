/** @file A linked program: its calls and argument blocks in one ArrayBuffer that the driver walks. */
import type { Kernel } from '../../kernel/ir.ts'
import type { Executable, Program, Storage } from '../program.ts'
import type { CodeSegment } from './code.ts'
import { WAKES } from './driver.ts'
import { CALL, HEAD, putU64 } from './layout.ts'
import type { Machine } from './machine.ts'
import { WAKE_NS, divide, estimateNs } from './plan.ts'
import { NativeStorage } from './storage.ts'

/** What a program needs of its linker. */
export interface Host {
  readonly machine: Machine
  readonly control: number
  readonly threads: number
  /** Changes when the number of threads does. */
  readonly epoch: number
  startThreads(): void
  beforeRun: ((program: NativeExecutable) => void) | null
  released(program: NativeExecutable): void
}

interface Layout {
  readonly args: readonly number[]
  readonly data: ReadonlyMap<number, number>
  readonly bytes: number
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to

const layOut = (program: Program): Layout => {
  let at = HEAD.bytes + program.calls.length * CALL.bytes
  const take = (bytes: number, alignment: number): number => {
    const offset = roundUp(at, alignment)
    at = offset + bytes
    return offset
  }
  const args = program.calls.map((call) => take(call.buffers.length * 8, 16))
  const data = new Map<number, number>()
  program.buffers.forEach((b, i) => {
    if (b.kind === 'data') data.set(i, take(roundUp(b.content.length, 64), 64))
  })
  return { args, data, bytes: roundUp(at, 64) }
}

export class NativeExecutable implements Executable {
  readonly arenaBytes: number
  readonly arena: number
  private readonly host: Host
  private readonly code: CodeSegment
  private readonly kernels: readonly Kernel[]
  private readonly calls: Program['calls']
  private readonly commit: number
  private readonly words: Uint32Array
  private readonly address: number
  /** For each external: the byte offsets of its argument slots, its address there now, and its least size. */
  private readonly slots: number[][] = []
  private readonly bound: Float64Array
  private readonly least: Float64Array
  private held: readonly Storage[] | null = null
  private epoch = -1
  private parallel = false
  private live = true

  constructor(host: Host, program: Program, code: CodeSegment, entries: readonly number[], arena: number) {
    this.host = host
    this.code = code
    this.kernels = program.kernels
    this.calls = program.calls
    this.commit = program.commit ?? 0
    this.arenaBytes = program.arenaBytes
    this.arena = arena
    // no address: 0 is that of a freed storage, which must not pass for one that is bound
    this.bound = new Float64Array(program.externals).fill(-1)
    this.least = new Float64Array(program.externals)
    for (let i = 0; i < program.externals; i++) this.slots.push([])
    const layout = layOut(program)
    const buffer = new ArrayBuffer(layout.bytes + 64)
    const raw = host.machine.addressOf(buffer)
    this.address = roundUp(raw, 64)
    this.words = new Uint32Array(buffer, this.address - raw, layout.bytes >> 2)
    this.fill(program, layout, entries)
  }

  run(externals: readonly Storage[]): number {
    const { host, bound, least } = this
    if (!this.live) throw new Error('this program was released')
    if (externals.length !== bound.length) {
      throw new RangeError(`the program takes ${bound.length} buffers, not ${externals.length}`)
    }
    for (let i = 0; i < bound.length; i++) {
      const storage = externals[i] as NativeStorage
      if (storage.address !== bound[i] || storage.bytes < least[i]) this.bind(i, storage)
    }
    if (this.epoch !== host.epoch) this.divide()
    if (this.parallel) host.startThreads()
    if (host.beforeRun !== null) host.beforeRun(this)
    // The buffers must outlive the call even if the optimizer sees no further use of them.
    this.held = externals
    const status = this.commit > 0 ? this.runInTwo() : host.machine.run(this.address)
    this.held = null
    return status
  }

  /** First what computes, then, if no index was out of range, what writes over cells. */
  private runInTwo(): number {
    const { host, words, address } = this
    const at = (call: number) => address + HEAD.bytes + call * CALL.bytes
    const range = (first: number, end: number) => {
      putU64(words, HEAD.first, at(first))
      putU64(words, HEAD.end, at(end))
      return host.machine.run(address)
    }
    return range(0, this.commit) || range(this.commit, this.calls.length)
  }

  release(): void {
    if (!this.live) return
    this.live = false
    this.code.release()
    this.host.released(this)
  }

  /** Whether a run is on. */
  get running(): boolean { return this.held !== null }

  private bind(i: number, storage: Storage): void {
    if (!(storage instanceof NativeStorage)) throw new TypeError(`buffer ${i} is not memory of this device`)
    if (storage.address === 0) throw new Error(`buffer ${i} was freed`)
    if (storage.bytes < this.least[i]) {
      throw new RangeError(`buffer ${i} has ${storage.bytes} bytes; the program needs ${this.least[i]}`)
    }
    for (const offset of this.slots[i]) putU64(this.words, offset, storage.address)
    this.bound[i] = storage.address
  }

  private fill(program: Program, layout: Layout, entries: readonly number[]): void {
    const { words, address, host } = this
    const end = HEAD.bytes + program.calls.length * CALL.bytes
    putU64(words, HEAD.control, host.control)
    putU64(words, HEAD.first, address + HEAD.bytes)
    putU64(words, HEAD.end, address + end)
    program.calls.forEach((call, i) => {
      const record = HEAD.bytes + i * CALL.bytes
      const kernel = program.kernels[call.kernel]
      putU64(words, record + CALL.entry, this.code.address + entries[call.kernel])
      putU64(words, record + CALL.args, address + layout.args[i])
      putU64(words, record + CALL.total, kernel.total)
      call.buffers.forEach((b, slot) => this.fillSlot(program, layout, b, layout.args[i] + slot * 8))
    })
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    for (const [b, offset] of layout.data) {
      const placement = program.buffers[b]
      if (placement.kind === 'data') bytes.set(placement.content, offset)
    }
  }

  private fillSlot(program: Program, layout: Layout, buffer: number, slot: number): void {
    const placement = program.buffers[buffer]
    switch (placement.kind) {
      case 'arena': return putU64(this.words, slot, this.arena + placement.offset)
      case 'data': return putU64(this.words, slot, this.address + (layout.data.get(buffer) ?? 0))
      case 'status': return putU64(this.words, slot, this.address + HEAD.status)
      case 'external':
        this.slots[placement.index].push(slot)
        this.least[placement.index] = Math.max(this.least[placement.index], placement.bytes)
    }
  }

  /** Sets the chunks of each call for the current number of threads. */
  private divide(): void {
    this.epoch = this.host.epoch
    let left = 0
    for (let i = this.calls.length - 1; i >= 0; i--) {
      const record = HEAD.bytes + i * CALL.bytes
      const kernel = this.kernels[this.calls[i].kernel]
      const { chunk, count } = divide(kernel, this.host.threads)
      if (count > 1) left += estimateNs(kernel)
      putU64(this.words, record + CALL.chunk, chunk)
      putU64(this.words, record + CALL.count, count)
      putU64(this.words, record + CALL.wake, left < WAKE_NS ? 0 : Math.min(WAKES, count - 1))
    }
    this.parallel = left >= WAKE_NS
  }
}
