/** @file A linked program: its calls and argument blocks in one ArrayBuffer that the driver walks. */
import { loopsOf, movesOf, replay, timesOf, type Move } from '../loops.ts'
import {
  counted, type Clock, type Counted, type Executable, type Loop, type Program, type Storage,
} from '../program.ts'
import type { CodeSegment } from './code.ts'
import { WAKES } from './driver.ts'
import { CALL, HEAD, LOOP, MOVE, getU64, putU64 } from './layout.ts'
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

/** Byte offsets of a program's parts. */
interface Layout {
  /** The record of each call, and where the records of what runs before it end: those of loops may stand between. */
  readonly calls: readonly number[]
  readonly starts: readonly number[]
  /** The two records of each loop. */
  readonly loops: readonly { readonly before: number; behind: number }[]
  readonly args: readonly number[]
  readonly data: ReadonlyMap<number, number>
  /** The words that hold each buffer's address. */
  readonly words: readonly number[][]
  readonly moves: readonly (readonly Move[])[]
  readonly bytes: number
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to

const layOutRecords = (program: Program) => {
  let at = HEAD.bytes as number
  const next = () => (at += CALL.bytes) - CALL.bytes
  const loops: { before: number; behind: number }[] = []
  const calls: number[] = []
  const starts: number[] = []
  const open: number[] = []
  program.calls.forEach((_, i) => {
    starts.push(at)
    loopsOf(program).forEach(({ first }, l) => {
      if (first !== i) return
      loops[l] = { before: next(), behind: 0 }
      open.push(l)
    })
    calls.push(next())
    while (open.length > 0 && loopsOf(program)[open[open.length - 1]].end === i + 1) {
      loops[open.pop() as number].behind = next()
    }
  })
  starts.push(at)
  return { calls, starts, loops, bytes: at }
}

const layOut = (program: Program): Layout => {
  const records = layOutRecords(program)
  let at = records.bytes
  const take = (bytes: number, alignment: number): number => {
    const offset = roundUp(at, alignment)
    at = offset + bytes
    return offset
  }
  const args = program.calls.map((call) => take(call.buffers.length * 8, 16))
  const words: number[][] = program.buffers.map(() => [])
  program.calls.forEach((call, i) => call.buffers.forEach((b, slot) => words[b].push(args[i] + slot * 8)))
  const moves = movesOf(program, words, () => take(MOVE.bytes, 64) + MOVE.base)
  const data = new Map<number, number>()
  program.buffers.forEach((b, i) => {
    if (b.kind === 'data') data.set(i, take(roundUp(b.content.length, 64), 64))
  })
  return { ...records, args, data, words, moves, bytes: roundUp(at, 64) }
}

export class NativeExecutable implements Executable {
  readonly arenaBytes: number
  readonly arena: number
  private readonly host: Host
  private readonly code: CodeSegment
  readonly kernels: readonly Counted[]
  readonly calls: Program['calls']
  private readonly commit: number
  private readonly loops: readonly Loop[]
  private readonly layout: Pick<Layout, 'calls' | 'starts' | 'moves'>
  /** How often each call runs. */
  private readonly times: readonly number[]
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
    this.kernels = program.kernels.map(counted)
    this.calls = program.calls
    this.commit = program.commit ?? 0
    this.arenaBytes = program.arenaBytes
    this.arena = arena
    // no address: 0 is that of a freed storage, which must not pass for one that is bound
    this.bound = new Float64Array(program.externals).fill(-1)
    this.least = new Float64Array(program.externals)
    for (let i = 0; i < program.externals; i++) this.slots.push([])
    this.loops = loopsOf(program)
    this.times = timesOf(program)
    const layout = layOut(program)
    this.layout = { calls: layout.calls, starts: layout.starts, moves: layout.moves }
    const buffer = new ArrayBuffer(layout.bytes + 64)
    const raw = host.machine.addressOf(buffer)
    this.address = roundUp(raw, 64)
    this.words = new Uint32Array(buffer, this.address - raw, layout.bytes >> 2)
    this.fill(program, layout, entries)
  }

  run(externals: readonly Storage[]): number {
    this.ready(externals)
    // The buffers must outlive the call even if the optimizer sees no further use of them.
    this.held = externals
    const status = this.commit > 0 ? this.runInTwo() : this.host.machine.run(this.address)
    this.held = null
    return status
  }

  /** A call of the driver each, which clears the status word and gives what it then is. */
  runTimed(externals: readonly Storage[], clock: Clock): number {
    this.ready(externals)
    this.held = externals
    let status = 0
    const call = (i: number): void => {
      this.between(this.layout.calls[i], this.layout.calls[i] + CALL.bytes)
      const start = performance.now()
      status = this.host.machine.run(this.address) || status
      clock(i, start, performance.now())
    }
    const range = (from: number, end: number) =>
      replay(this.loops, from, end, { call, enter: l => this.enter(l), turn: (l, t) => this.turn(l, t) })
    range(0, this.commit)
    if (status === 0) range(this.commit, this.calls.length)
    this.select(0, this.calls.length)
    this.held = null
    return status
  }

  /** Binds the buffers and divides the work. */
  private ready(externals: readonly Storage[]): void {
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
  }

  /** First what computes, then, if no index was out of range, what writes over cells. */
  private runInTwo(): number {
    const range = (first: number, end: number) => {
      this.select(first, end)
      return this.host.machine.run(this.address)
    }
    return range(0, this.commit) || range(this.commit, this.calls.length)
  }

  /** The calls that the next run makes. */
  private select(first: number, end: number): void { this.between(this.layout.starts[first], this.layout.starts[end]) }

  private between(first: number, end: number): void {
    putU64(this.words, HEAD.first, this.address + first)
    putU64(this.words, HEAD.end, this.address + end)
  }

  /** What the driver does at a loop's head, and before a turn. */
  private enter(loop: number): void {
    const { words } = this
    for (const { base, word, start } of this.layout.moves[loop]) putU64(words, word, getU64(words, base) + start)
  }

  private turn(loop: number, turn: number): void {
    const { words } = this
    for (const { word, step, swaps } of this.layout.moves[loop]) {
      putU64(words, word, getU64(words, word) + (swaps && turn % 2 === 0 ? -step : step))
    }
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
    putU64(words, HEAD.control, host.control)
    this.select(0, program.calls.length)
    program.calls.forEach((call, i) => {
      const record = layout.calls[i]
      const kernel = program.kernels[call.kernel]
      putU64(words, record + CALL.entry, this.code.address + entries[call.kernel])
      putU64(words, record + CALL.args, address + layout.args[i])
      putU64(words, record + CALL.total, kernel.total)
    })
    program.buffers.forEach((_, b) => { for (const word of layout.words[b]) this.fillWord(program, layout, b, word) })
    loopsOf(program).forEach(({ turns }, l) => this.fillLoop(layout, l, turns))
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    for (const [b, offset] of layout.data) {
      const placement = program.buffers[b]
      if (placement.kind === 'data') bytes.set(placement.content, offset)
    }
  }

  private fillLoop(layout: Layout, loop: number, turns: number): void {
    const { words, address } = this
    const moves = layout.moves[loop]
    const { before, behind } = layout.loops[loop]
    const first = moves.length > 0 ? moves[0].base - MOVE.base : 0
    for (const record of [before, behind]) {
      putU64(words, record + LOOP.moves, address + first)
      putU64(words, record + LOOP.movesEnd, address + first + moves.length * MOVE.bytes)
    }
    putU64(words, behind + LOOP.turns, turns)
    putU64(words, behind + LOOP.back, address + before + CALL.bytes)
    for (const { base, word, start, step, swaps } of moves) {
      const record = base - MOVE.base
      putU64(words, record + MOVE.word, address + word)
      putU64(words, record + MOVE.start, start)
      putU64(words, record + MOVE.step, step)
      putU64(words, record + MOVE.flip, swaps ? -1 : 0)
    }
  }

  private fillWord(program: Program, layout: Layout, buffer: number, slot: number): void {
    const placement = program.buffers[buffer]
    switch (placement.kind) {
      case 'arena': return putU64(this.words, slot, this.arena + placement.offset)
      case 'data': return putU64(this.words, slot, this.address + (layout.data.get(buffer) ?? 0))
      case 'status': return putU64(this.words, slot, this.address + HEAD.status)
      // its loop sets it
      case 'moving': return
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
      const record = this.layout.calls[i]
      const kernel = this.kernels[this.calls[i].kernel]
      const { chunk, count } = divide(kernel, this.host.threads)
      if (count > 1) left += estimateNs(kernel) * this.times[i]
      putU64(this.words, record + CALL.chunk, chunk)
      putU64(this.words, record + CALL.count, count)
      putU64(this.words, record + CALL.wake, left < WAKE_NS ? 0 : Math.min(WAKES, count - 1))
    }
    this.parallel = left >= WAKE_NS
  }
}
