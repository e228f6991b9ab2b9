/**
 * @file Emits the code that runs a program. A job is one kernel cut into chunks; whoever is free claims the next chunk
 * by a compare-and-swap of the word (generation, chunks left), and only then reads what the job is: the description is
 * complete before the word offers chunks, and stays until the last claimed chunk is counted as done. So a late worker
 * gets a chunk of the current job or none. What completes a job is the number of chunks done: a thread that sleeps
 * through it does not matter.
 */
import {
  R10, R11, R12, R13, R14, R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, mem, type Gpr, type Label,
} from '../../asm/x64/index.ts'
import type { Emitter } from './emit.ts'
import { CALL, CONTROL, HEAD, LOOP, MOVE } from './layout.ts'

const WAIT_PRIVATE = 128
const WAKE_PRIVATE = 129

/** How long to poll before sleeping, in ticks of the time stamp counter: 25 to 65 µs. */
export const SPIN_TICKS = 100_000

/** Threads that one thread wakes: each wakes as many again. */
export const WAKES = 2

/** Futex calls lose rax, rcx, rdx, rsi, rdi, r10, r11. `count` or `seen` may be any other register. */
export const futexWake = (e: Emitter, control: Gpr, offset: number, count: Gpr | null): void => {
  e.leaRM(RDI, mem(control, offset))
  e.movRI(RSI, WAKE_PRIVATE)
  if (count === null) e.movRI(RDX, 0x7fffffff)
  else e.mov32RR(RDX, count)
  e.system('futex')
}

/** Sleeps while the word holds `seen`, at most for the timespec at `timeout`. */
export const futexWait = (e: Emitter, control: Gpr, offset: number, seen: Gpr, timeout: number | null): void => {
  e.leaRM(RDI, mem(control, offset))
  e.movRI(RSI, WAIT_PRIVATE)
  e.mov32RR(RDX, seen)
  if (timeout === null) e.xor32RR(R10, R10)
  else e.leaRM(R10, mem(control, timeout))
  e.system('futex')
}

/** (control): a generation without chunks, so that every worker looks at its state. */
export const emitNotify = (e: Emitter): void => {
  e.mov32RM(RAX, mem(RDI, CONTROL.generation))
  e.inc32R(RAX)
  e.shlRI(RAX, 32)
  e.xchgMR(mem(RDI, CONTROL.word), RAX)
  e.movRR(R8, RDI)
  futexWake(e, R8, CONTROL.generation, null)
  e.ret()
}

/** (program) → status. rbx: call, rbp: program, r12: control block, r13: this thread's number, 0. */
export const emitDriver = (e: Emitter, drain: Label): void => {
  const next = e.newLabel()
  const exit = e.newLabel()
  const parallel = e.newLabel()
  const control = e.newLabel()
  e.enter(8)
  e.stmxcsr(mem(RSP))
  e.setMxcsr(mem(RSP, 4))
  e.movRR(RBP, RDI)
  e.movMI32(mem(RBP, HEAD.status), 0)
  e.movRM(R12, mem(RBP, HEAD.control))
  e.movRM(RBX, mem(RBP, HEAD.first))
  e.xor32RR(R13, R13)
  const loop = e.here()
  e.cmpRM(RBX, mem(RBP, HEAD.end))
  e.jcc('ae', exit)
  e.cmp32MI(mem(RBX, CALL.count), 1)
  e.jcc('a', parallel)
  e.jcc('b', control)
  emitSerial(e)
  e.bind(next)
  e.addRI(RBX, CALL.bytes)
  e.jmpLabel(loop)
  e.bind(parallel)
  emitPublish(e)
  e.callLabel(drain)
  emitAwait(e, next)
  e.bind(control)
  emitLoop(e, loop, next)
  e.bind(exit)
  e.vzeroupper()
  e.ldmxcsr(mem(RSP))
  e.mov32RM(RAX, mem(RBP, HEAD.status))
  e.leave(8)
}

/** Before a loop's body: sets its moves. Behind it: moves on and goes back, or, after the last turn, on. */
const emitLoop = (e: Emitter, again: Label, next: Label): void => {
  const entering = e.newLabel()
  const last = e.newLabel()
  e.movRM(RSI, mem(RBX, LOOP.moves))
  e.movRM(RDI, mem(RBX, LOOP.movesEnd))
  e.movRM(RCX, mem(RBX, LOOP.turns))
  e.testRR(RCX, RCX)
  e.jcc('e', entering)
  e.movRM(RAX, mem(RBX, LOOP.turn))
  e.addRI(RAX, 1)
  e.cmpRR(RAX, RCX)
  e.jcc('ae', last)
  e.movMR(mem(RBX, LOOP.turn), RAX)
  e.movRM(RBX, mem(RBX, LOOP.back))
  emitMoves(e, again, () => {
    e.movRM(R8, mem(RSI, MOVE.now))
    e.movRM(R9, mem(RSI, MOVE.word))
    e.addMR(mem(R9), R8)
    e.movRM(R10, mem(RSI, MOVE.flip))
    e.xorRR(R8, R10)
    e.subRR(R8, R10)
    e.movMR(mem(RSI, MOVE.now), R8)
  })
  e.bind(last)
  e.movMI32(mem(RBX, LOOP.turn), 0)
  e.jmpLabel(next)
  e.bind(entering)
  emitMoves(e, next, () => {
    e.movRM(R8, mem(RSI, MOVE.base))
    e.addRM(R8, mem(RSI, MOVE.start))
    e.movRM(R9, mem(RSI, MOVE.word))
    e.movMR(mem(R9), R8)
    e.movRM(R8, mem(RSI, MOVE.step))
    e.movMR(mem(RSI, MOVE.now), R8)
  })
}

/** For each move from rsi to rdi; then to `done`. */
const emitMoves = (e: Emitter, done: Label, each: () => void): void => {
  const head = e.here()
  e.cmpRR(RSI, RDI)
  e.jcc('ae', done)
  each()
  e.addRI(RSI, MOVE.bytes)
  e.jmpLabel(head)
}

const emitSerial = (e: Emitter): void => {
  e.movRM(RDI, mem(RBX, CALL.args))
  e.xor32RR(RSI, RSI)
  e.movRM(RDX, mem(RBX, CALL.total))
  e.movRM(RCX, mem(R12, CONTROL.scratch))
  e.callM(mem(RBX, CALL.entry))
}

/** Writes the job, then the word; wakes workers if any sleeps. The exchange orders the word before the look. */
const emitPublish = (e: Emitter): void => {
  const awake = e.newLabel()
  const fields = [
    [CALL.entry, CONTROL.entry], [CALL.args, CONTROL.args], [CALL.total, CONTROL.total], [CALL.chunk, CONTROL.chunk],
    [CALL.count, CONTROL.count],
  ]
  for (const [from, to] of fields) {
    e.race()
    e.movRM(RCX, mem(RBX, from))
    e.movMR(mem(R12, to), RCX)
  }
  // The count came last and is still in rcx.
  e.movMI32(mem(R12, CONTROL.done), 0)
  e.mov32RM(RAX, mem(R12, CONTROL.generation))
  e.inc32R(RAX)
  e.shlRI(RAX, 32)
  e.orRR(RAX, RCX)
  e.race()
  e.xchgMR(mem(R12, CONTROL.word), RAX)
  e.race()
  e.mov32RM(R8, mem(RBX, CALL.wake))
  e.test32RR(R8, R8)
  e.jcc('e', awake)
  e.cmp32MI(mem(R12, CONTROL.sleepers), 0)
  e.jcc('e', awake)
  futexWake(e, R12, CONTROL.generation, R8)
  e.bind(awake)
}

/** Until all chunks are done: polls, then sleeps (a worker's processor may be away). */
const emitAwait = (e: Emitter, done: Label): void => {
  const sleep = e.newLabel()
  const awake = e.newLabel()
  const finished = (to: Label) => {
    e.mov32RM(R8, mem(R12, CONTROL.done))
    e.cmp32RM(R8, mem(RBX, CALL.count))
    e.jcc('e', to)
  }
  finished(done)
  e.clock()
  e.movRR(R9, RAX)
  const poll = e.here()
  e.pause()
  finished(done)
  e.clock()
  e.subRR(RAX, R9)
  e.cmpRI(RAX, SPIN_TICKS)
  e.jcc('b', poll)
  e.movRI(RAX, 1)
  e.race()
  e.xchg32MR(mem(R12, CONTROL.waiting), RAX)
  e.bind(sleep)
  finished(awake)
  e.race()
  futexWait(e, R12, CONTROL.done, R8, null)
  e.jmpLabel(sleep)
  e.bind(awake)
  e.movMI32(mem(R12, CONTROL.waiting), 0)
  e.jmpLabel(done)
}

/** Takes chunks until none is left. r12: control block, r13: the thread's number; loses r14. */
export const emitDrain = (e: Emitter, entry: Label): void => {
  const flush = e.newLabel()
  const out = e.newLabel()
  e.align(64)
  e.bind(entry)
  e.subRI(RSP, 8)
  e.xor32RR(R14, R14)
  const again = e.here()
  e.movRM(RAX, mem(R12, CONTROL.word))
  e.race()
  e.test32RR(RAX, RAX)
  e.jcc('e', flush)
  emitClaim(e, again)
  e.race()
  e.callR(R10)
  e.inc32R(R14)
  e.jmpLabel(again)
  e.bind(flush)
  e.test32RR(R14, R14)
  e.jcc('e', out)
  e.race()
  e.lockAdd32MR(mem(R12, CONTROL.done), R14)
  e.race()
  e.cmp32MI(mem(R12, CONTROL.waiting), 0)
  e.jcc('e', out)
  e.movRI(R8, 1)
  futexWake(e, R12, CONTROL.done, R8)
  e.bind(out)
  e.addRI(RSP, 8)
  e.ret()
}

/** Claims the chunk that rax (the word) offers, then reads the job for the kernel's arguments; r10: its entry. */
const emitClaim = (e: Emitter, again: Label): void => {
  e.leaRM(R8, mem(RAX, -1))
  e.race()
  e.lockCmpxchgMR(mem(R12, CONTROL.word), R8)
  e.jcc('ne', again)
  e.race()
  e.mov32RM(RSI, mem(R12, CONTROL.count))
  e.movRM(RDI, mem(R12, CONTROL.args))
  e.movRM(RDX, mem(R12, CONTROL.total))
  e.movRM(R9, mem(R12, CONTROL.chunk))
  e.movRM(R10, mem(R12, CONTROL.entry))
  e.movRM(RCX, mem(R12, CONTROL.scratchStride))
  e.movRM(R11, mem(R12, CONTROL.scratch))
  e.sub32RR(RSI, RAX)
  e.imulRR(RSI, R9)
  e.addRR(R9, RSI)
  e.cmpRR(R9, RDX)
  e.cmovcc('b', RDX, R9)
  e.imulRR(RCX, R13)
  e.addRR(RCX, R11)
}
