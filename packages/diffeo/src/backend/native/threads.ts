/** @file The pool: the control block and the worker threads, which exist once a program needs them. */
import type { Ffi } from './ffi.ts'
import { CONTROL, CONTROL_BYTES, MAX_THREADS, RECORD, WORKER, putU64 } from './layout.ts'
import type { Machine } from './machine.ts'
import type { Scratch } from './memory.ts'

/** Asleep for so long, a worker ends itself; the next program that needs it starts another. */
const IDLE_SECONDS = 10

export class ThreadPool {
  readonly control: number
  private readonly machine: Machine
  private readonly ffi: Ffi
  private readonly words: Uint32Array
  private readonly states: Int32Array
  private readonly create: number
  private readonly detach: number
  private wanted = 1
  private started = false

  constructor(machine: Machine, idleSeconds = IDLE_SECONDS) {
    const { ffi } = machine
    this.machine = machine
    this.ffi = ffi
    this.control = ffi.map(CONTROL_BYTES, 'write')
    if (this.control === 0) throw new Error('no memory for the control block of the threads')
    const view = ffi.view(this.control, CONTROL_BYTES)
    this.words = new Uint32Array(view)
    this.states = new Int32Array(view)
    this.create = ffi.symbol('pthread_create')
    this.detach = ffi.symbol('pthread_detach')
    putU64(this.words, CONTROL.idleSeconds, idleSeconds)
  }

  /** Threads that share the work, the caller's included. */
  get threads(): number { return this.wanted }

  /** Workers alive now. */
  get alive(): number { return Atomics.load(this.states, CONTROL.alive >> 2) }

  /** Whether a worker was ever started: then its code must stay. */
  get everStarted(): boolean { return this.started }

  resize(threads: number): void {
    const n = Math.min(MAX_THREADS, Math.max(1, Math.floor(threads)))
    const shrinks = n < this.wanted && this.started
    this.wanted = n
    if (shrinks) this.dismiss(n)
  }

  /** Starts what is missing; cheap when nothing is. */
  ensure(): void {
    if (Atomics.load(this.states, CONTROL.alive >> 2) < this.wanted - 1) this.startMissing()
  }

  useScratch(scratch: Scratch): void {
    putU64(this.words, CONTROL.scratch, scratch.base)
    putU64(this.words, CONTROL.scratchStride, scratch.stride)
  }

  /** Workers end on their own time and then look at nothing of ours but their record, so the control block stays. */
  release(): void {
    if (this.started) this.dismiss(1)
    else this.ffi.unmap(this.control, CONTROL_BYTES)
  }

  /** Tells the workers numbered `first` and up to end. */
  private dismiss(first: number): void {
    for (let i = first; i < MAX_THREADS; i++) {
      Atomics.compareExchange(this.states, this.stateAt(i), WORKER.running, WORKER.quitting)
    }
    this.machine.notify(this.control)
  }

  private startMissing(): void {
    for (let i = 1; i < this.wanted; i++) {
      const state = Atomics.compareExchange(this.states, this.stateAt(i), WORKER.quitting, WORKER.running)
      if (state === WORKER.none && !this.start(i)) {
        // The system gives no more threads: make do, and do not ask at every run.
        this.wanted = i
        return
      }
    }
  }

  private start(i: number): boolean {
    const offset = CONTROL.records + i * RECORD.bytes
    putU64(this.words, offset + RECORD.control, this.control)
    putU64(this.words, offset + RECORD.index, i)
    Atomics.store(this.states, this.stateAt(i), WORKER.running)
    Atomics.add(this.states, CONTROL.alive >> 2, 1)
    this.started = true
    if (this.machine.spawn(this.control + offset, this.create, this.detach) === 0) return true
    Atomics.sub(this.states, CONTROL.alive >> 2, 1)
    Atomics.store(this.states, this.stateAt(i), WORKER.none)
    return false
  }

  private stateAt(i: number): number {
    return (CONTROL.records + i * RECORD.bytes + RECORD.state) >> 2
  }
}
