/**
 * @file Workers that help to run kernels. A job is cut into chunks of turns; one 64-bit ticket (generation, code,
 * chunks, next chunk) is claimed by compare-and-swap, so that a late worker cannot take a chunk of another job. The
 * rest of a job is read after a claim: until all chunks are done it does not change. The caller works too and waits
 * for chunks, not for threads: a worker that is starting, or away, holds nobody up.
 */
import { DeviceError } from '../../util/errors.ts'
import type { Entry } from './device.ts'
import { control, controlBytes, workerSource } from './worker.ts'

export interface WorkerPort {
  postMessage(message: unknown): void
}

/** Starts a worker from source that must not keep the process alive. */
export type Spawn = (source: string) => WorkerPort

export interface Job {
  readonly entry: Entry
  readonly code: number
  readonly kernel: number
  readonly args: number
  readonly total: number
  /** Turns are handed out in multiples of it. */
  readonly grain: number
  readonly scratch: number
  /** Scratch bytes a thread. */
  readonly stride: number
}

const chunksPerThread = 4
const maxChunks = 1023
/** Looks at the counter before the caller sleeps. */
const spins = 4000

export class Pool {
  private readonly memory: WebAssembly.Memory
  private readonly spawn: Spawn
  private readonly modules = new Map<number, WebAssembly.Module>()
  private readonly ports: WorkerPort[] = []
  private active = 0
  private codes = 0
  private generation = 0
  private readonly words: Int32Array
  private readonly ticket: BigInt64Array

  constructor(memory: WebAssembly.Memory, spawn: Spawn = spawnInBrowser) {
    this.memory = memory
    this.spawn = spawn
    this.words = new Int32Array(memory.buffer, control.at, controlBytes / 4)
    this.ticket = new BigInt64Array(memory.buffer, control.at, 1)
  }

  get workers(): number { return this.active }

  get ready(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (Atomics.load(this.words, control.running) >= this.active) resolve()
        else setTimeout(look, 1)
      }
      look()
    })
  }

  /** Returns the number by which workers know the code. */
  add(module: WebAssembly.Module): number {
    const code = this.codes++ & 0xfffff
    this.modules.set(code, module)
    this.tell({ code, module })
    return code
  }

  drop(code: number): void {
    this.modules.delete(code)
    this.tell({ code, module: null })
  }

  /** Workers that are too many sleep: ended and started again, two could hold one scratch. */
  setWorkers(n: number): void {
    while (this.ports.length < n) {
      const port = this.spawn(workerSource)
      const mail = Atomics.load(this.words, control.mail)
      this.ports.push(port)
      port.postMessage({ memory: this.memory, modules: [...this.modules], mail, index: this.ports.length })
    }
    this.active = n
    Atomics.store(this.words, control.active, n)
  }

  run(job: Job): void {
    const { words } = this
    const chunks = Math.min(Math.ceil(job.total / job.grain), (this.active + 1) * chunksPerThread, maxChunks)
    words[control.kernel] = job.kernel
    words[control.args] = job.args
    words[control.total] = job.total
    words[control.grain] = job.grain
    words[control.scratch] = job.scratch
    words[control.stride] = job.stride
    words[control.failed] = 0
    Atomics.store(words, control.done, 0)
    this.generation = this.generation + 1 & 0xffffff
    Atomics.store(this.ticket, 0, BigInt(this.generation) << 40n | BigInt(job.code) << 20n | BigInt(chunks) << 10n)
    this.wake()
    this.work(job, chunks)
    this.wait(chunks)
    if (words[control.failed]) throw new DeviceError('wasm: a kernel failed on a worker thread')
  }

  private work({ entry, args, total, grain, scratch }: Job, chunks: number): void {
    const units = Math.ceil(total / grain)
    for (;;) {
      const now = Atomics.load(this.ticket, 0)
      const next = Number(now & 0x3ffn)
      if (next >= chunks) return
      if (Atomics.compareExchange(this.ticket, 0, now, now + 1n) !== now) continue
      const end = Math.min(total, Math.floor((next + 1) * units / chunks) * grain)
      entry(args, Math.floor(next * units / chunks) * grain, end, scratch)
      Atomics.add(this.words, control.done, 1)
    }
  }

  private wait(chunks: number): void {
    const { words } = this
    for (let i = 0; ; i++) {
      const done = Atomics.load(words, control.done)
      if (done === chunks) return
      if (i > spins && mayWait) Atomics.wait(words, control.done, done, 1)
    }
  }

  private wake(): void {
    Atomics.add(this.words, control.wake, 1)
    if (Atomics.load(this.words, control.asleep) > 0) Atomics.notify(this.words, control.wake)
  }

  private tell(message: unknown): void {
    if (this.ports.length === 0) return
    for (const port of this.ports) port.postMessage(message)
    Atomics.add(this.words, control.mail, 1)
    this.wake()
  }
}

/** A browser's main thread may not sleep. */
const mayWait = typeof window === 'undefined'

function spawnInBrowser(source: string): WorkerPort {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  return new Worker(url)
}
