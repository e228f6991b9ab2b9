/** @file Where things lie in the native structures that emitted code and JavaScript share. Offsets in bytes. */

/**
 * The control block of a pool of threads. Lines that one side writes and the other polls are kept apart. It is never
 * unmapped while a thread may look at it.
 */
export const CONTROL = {
  /** u64: chunks left of the current job (low half) and the job's generation (high half): claimed by one CAS. */
  word: 0,
  generation: 4,
  /** Workers that wait in the kernel. */
  sleepers: 64,
  /** timespec: how long a worker sleeps before it ends itself. */
  idleSeconds: 72,
  /** Chunks of the job that are finished, and whether the caller sleeps until all are. */
  done: 128,
  waiting: 132,
  /** The job, written only while `word` has no chunks left. */
  entry: 192,
  args: 200,
  total: 208,
  chunk: 216,
  count: 224,
  scratch: 232,
  scratchStride: 240,
  /** Workers that were started and have not ended. */
  alive: 256,
  records: 320,
} as const

/** One worker. */
export const RECORD = { control: 0, index: 8, thread: 16, state: 24, bytes: 64 } as const

/** Of RECORD.state. */
export const WORKER = { none: 0, running: 1, quitting: 2 } as const

/** The head of a program: its calls are CALL structures from `first` to `end`. */
export const HEAD = { control: 0, first: 8, end: 16, status: 24, bytes: 64 } as const

/**
 * `count` chunks of `chunk` turns; one chunk: on the caller, without a barrier. `wake`: how many sleeping workers to
 * wake; those that poll join in any case.
 */
export const CALL = { entry: 0, args: 8, total: 16, chunk: 24, count: 32, wake: 40, bytes: 64 } as const

/**
 * A loop stands in the list of calls as two records with `count` 0, before its body and behind it; `turns` is 0 in the
 * first. `turn` counts in the second, whose `back` is the body's first record. Moves from `moves` to `movesEnd`.
 */
export const LOOP = { moves: 8, movesEnd: 16, turns: 24, turn: 40, back: 48 } as const

/** A word that follows a moving buffer (backend/loops.ts). `flip`: −1 where `now`, the next step, changes its sign. */
export const MOVE = { base: 0, word: 8, start: 16, step: 24, flip: 32, now: 40, bytes: 64 } as const

export const MAX_THREADS = 256
export const CONTROL_BYTES = CONTROL.records + MAX_THREADS * RECORD.bytes

/** Stores an address, a count or a step between −2^53 and 2^53 as 64 bits. */
export const putU64 = (words: Uint32Array, byteOffset: number, value: number): void => {
  words[byteOffset >> 2] = value
  words[(byteOffset >> 2) + 1] = Math.floor(value / 2 ** 32)
}

export const getU64 = (words: Uint32Array, byteOffset: number): number =>
  words[byteOffset >> 2] + words[(byteOffset >> 2) + 1] * 2 ** 32
