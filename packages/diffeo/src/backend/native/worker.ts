/** @file Emits the workers: how they are started, and the loop they run. */
import {
  R10, R12, R13, R14, R15, R8, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, mem, ripMem, type Label,
} from '../../asm/x64/index.ts'
import { SPIN_TICKS, WAKES, futexWait, futexWake } from './driver.ts'
import type { Emitter } from './emit.ts'
import { CONTROL, RECORD, WORKER } from './layout.ts'

const SIG_BLOCK = 0
const SIG_SETMASK = 2
/** All signals but 32 to 34, by which the C library reaches every thread (setuid) and which it never blocks. */
const SIGNALS = ~(7n << 31n)
const ETIMEDOUT = 110

/** (record, pthread_create, pthread_detach) → error code. The thread is born with signals blocked. */
export const emitSpawn = (e: Emitter, worker: Label): void => {
  const out = e.newLabel()
  e.enter(16)
  e.movRR(RBX, RDI)
  e.movRR(R12, RSI)
  e.movRR(R13, RDX)
  e.movRI(RAX, SIGNALS)
  e.movMR(mem(RSP), RAX)
  e.movRI(RDI, SIG_BLOCK)
  e.leaRM(RSI, mem(RSP))
  e.leaRM(RDX, mem(RSP, 8))
  signalMask(e)
  e.leaRM(RDI, mem(RBX, RECORD.thread))
  e.xor32RR(RSI, RSI)
  e.leaRM(RDX, ripMem(worker))
  e.movRR(RCX, RBX)
  e.callR(R12)
  e.movRR(R14, RAX)
  e.movRI(RDI, SIG_SETMASK)
  e.leaRM(RSI, mem(RSP, 8))
  e.xor32RR(RDX, RDX)
  signalMask(e)
  e.test32RR(R14, R14)
  e.jcc('ne', out)
  e.movRM(RDI, mem(RBX, RECORD.thread))
  e.callR(R13)
  e.bind(out)
  e.mov32RR(RAX, R14)
  e.leave(16)
}

const signalMask = (e: Emitter): void => {
  e.movRI(R10, 8)
  e.system('rt_sigprocmask')
}

/**
 * (record): takes chunks, polls a while for the next job, sleeps; ends when told to, or when idle for long, so that
 * nothing is left of a JavaScript thread that was terminated. rbx: record, rbp: generation seen, r12: control block,
 * r13: the thread's number.
 */
export const emitWorker = (e: Emitter, entry: Label, drain: Label): void => {
  const loop = e.newLabel()
  const quit = e.newLabel()
  e.align(64)
  e.bind(entry)
  e.enter(8)
  e.setMxcsr(mem(RSP))
  e.movRR(RBX, RDI)
  e.movRM(R12, mem(RBX, RECORD.control))
  e.movRM(R13, mem(RBX, RECORD.index))
  e.bind(loop)
  // The generation is read first: whatever changes afterwards changes it.
  e.mov32RM(RBP, mem(R12, CONTROL.generation))
  e.cmp32MI(mem(RBX, RECORD.state), WORKER.quitting)
  e.jcc('e', quit)
  e.race()
  e.callLabel(drain)
  emitPoll(e, loop)
  emitSleep(e, loop, quit)
  e.bind(quit)
  e.lockDecM32(mem(R12, CONTROL.alive))
  e.movMI32(mem(RBX, RECORD.state), WORKER.none)
  e.xor32RR(RAX, RAX)
  e.leave(8)
}

const emitPoll = (e: Emitter, changed: Label): void => {
  e.clock()
  e.movRR(R15, RAX)
  const poll = e.here()
  e.cmp32MR(mem(R12, CONTROL.generation), RBP)
  e.jcc('ne', changed)
  e.pause()
  e.clock()
  e.subRR(RAX, R15)
  e.cmpRI(RAX, SPIN_TICKS)
  e.jcc('b', poll)
}

/** Who wakes to a job wakes two more, so that the caller pays for two at most. */
const emitSleep = (e: Emitter, loop: Label, quit: Label): void => {
  const awake = e.newLabel()
  e.race()
  e.lockIncM32(mem(R12, CONTROL.sleepers))
  e.race()
  futexWait(e, R12, CONTROL.generation, RBP, CONTROL.idleSeconds)
  e.lockDecM32(mem(R12, CONTROL.sleepers))
  e.cmpRI(RAX, -ETIMEDOUT)
  e.jcc('ne', awake)
  e.cmp32MR(mem(R12, CONTROL.generation), RBP)
  e.jcc('ne', loop)
  e.jmpLabel(quit)
  e.bind(awake)
  e.cmp32MI(mem(R12, CONTROL.word), 0)
  e.jcc('e', loop)
  e.cmp32MI(mem(R12, CONTROL.sleepers), 0)
  e.jcc('e', loop)
  e.movRI(R8, WAKES)
  futexWake(e, R12, CONTROL.generation, R8)
  e.jmpLabel(loop)
}
