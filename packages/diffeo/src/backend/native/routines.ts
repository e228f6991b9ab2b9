/** @file The emitted code that every linker shares: helpers, the driver that walks a program, the workers' loop. */
import { R8, RAX, RBX, RCX, RDI, RDX, RSI, mem } from '../../asm/x64/index.ts'
import { emitDrain, emitDriver, emitNotify } from './driver.ts'
import { Emitter } from './emit.ts'
import { emitSpawn, emitWorker } from './worker.ts'

export type Routine = 'identity' | 'copy' | 'fill' | 'cpuid' | 'xgetbv' | 'run' | 'notify' | 'spawn'

export interface Routines {
  readonly code: Uint8Array
  /** Byte offsets in `code`. */
  readonly offsets: Readonly<Record<Routine, number>>
}

/** `disturbed`: with a yield at each point where a race could be. */
export const emitRoutines = (disturbed = false): Routines => {
  const e = new Emitter(disturbed)
  const drain = e.newLabel()
  const worker = e.newLabel()
  const offsets = {} as Record<Routine, number>
  const add = (name: Routine, emit: () => void) => {
    e.align(64)
    offsets[name] = e.length
    emit()
  }
  add('identity', () => emitIdentity(e))
  add('copy', () => emitCopy(e))
  add('fill', () => emitFill(e))
  add('cpuid', () => emitCpuid(e))
  add('xgetbv', () => emitXgetbv(e))
  add('notify', () => emitNotify(e))
  add('run', () => emitDriver(e, drain))
  add('spawn', () => emitSpawn(e, worker))
  emitDrain(e, drain)
  emitWorker(e, worker, drain)
  return { code: e.finish(), offsets }
}

/** (address) → address: how JavaScript learns where a typed array lies. */
const emitIdentity = (e: Emitter): void => {
  e.movRR(RAX, RDI)
  e.ret()
}

/** (to, from, bytes) */
const emitCopy = (e: Emitter): void => {
  e.movRR(RCX, RDX)
  e.repMovsb()
  e.ret()
}

/** (to, byte, bytes) */
const emitFill = (e: Emitter): void => {
  e.movRR(RAX, RSI)
  e.movRR(RCX, RDX)
  e.repStosb()
  e.ret()
}

/** (leaf, subleaf, out): eax, ebx, ecx, edx into four words. */
const emitCpuid = (e: Emitter): void => {
  e.push(RBX)
  e.movRR(R8, RDX)
  e.mov32RR(RAX, RDI)
  e.mov32RR(RCX, RSI)
  e.cpuid()
  for (const [i, r] of [RAX, RBX, RCX, RDX].entries()) e.mov32MR(mem(R8, 4 * i), r)
  e.pop(RBX)
  e.ret()
}

/** () → the low half of XCR0. */
const emitXgetbv = (e: Emitter): void => {
  e.xor32RR(RCX, RCX)
  e.xgetbv()
  e.ret()
}
