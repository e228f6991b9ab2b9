/** @file Kernels written in machine code by hand, and programs of them: the linker is tested without the compiler. */
import { createRequire } from 'node:module'
import {
  Assembler, R8, R9, RAX, RCX, RDI, RDX, RSI, mem,
} from '../../../src/asm/x64/index.ts'
import {
  createLinker, type EmitKernels, type NativeLinker, type NativeOptions,
} from '../../../src/backend/native/linker.ts'
import type { Placement, Program } from '../../../src/backend/program.ts'
import type { Kernel } from '../../../src/kernel/ir.ts'

export const require = createRequire(import.meta.url)

/** A loop over [rsi, rdx); the body may use rax, r8 to r11 and must keep the rest. */
const turns = (a: Assembler, body: () => void): void => {
  const out = a.newLabel()
  const loop = a.newLabel()
  a.bind(loop)
  a.cmpRR(RSI, RDX)
  a.jcc('ae', out)
  body()
  a.incR(RSI)
  a.jmpLabel(loop)
  a.bind(out)
  a.ret()
}

type Body = (a: Assembler) => void

const bodies: Record<string, Body> = {
  empty: (a) => a.ret(),
  /** out[i] = in[i] + i; arguments in, out. */
  addIndex: (a) => {
    a.movRM(R8, mem(RDI, 0))
    a.movRM(R9, mem(RDI, 8))
    turns(a, () => {
      a.mov32RM(RAX, mem(R8, 0, RSI, 4))
      a.add32RR(RAX, RSI)
      a.mov32MR(mem(R9, 0, RSI, 4), RAX)
    })
  },
  /** out[i] += 1: shows a turn that is done twice. */
  count: (a) => {
    a.movRM(R8, mem(RDI, 0))
    turns(a, () => a.inc32M(mem(R8, 0, RSI, 4)))
  },
  /** out[i] = i by way of scratch, which another thread must not touch meanwhile. */
  scratch: (a) => {
    a.movRM(R8, mem(RDI, 0))
    turns(a, () => {
      a.mov32MR(mem(RCX), RSI)
      for (let i = 0; i < 8; i++) a.pause()
      a.mov32RM(RAX, mem(RCX))
      a.mov32MR(mem(R8, 0, RSI, 4), RAX)
    })
  },
  /** out[i] = i after a wait of about a microsecond. */
  slow: (a) => {
    a.movRM(R8, mem(RDI, 0))
    turns(a, () => {
      for (let i = 0; i < 16; i++) a.pause()
      a.mov32MR(mem(R8, 0, RSI, 4), RSI)
    })
  },
  /** out[i] = MXCSR of the thread that did turn i. */
  mxcsr: (a) => {
    a.movRM(R8, mem(RDI, 0))
    turns(a, () => {
      for (let i = 0; i < 64; i++) a.pause()
      a.stmxcsr(mem(R8, 0, RSI, 4))
    })
  },
  /** Argument 0 is the status word. */
  fail: (a) => {
    a.movRM(R8, mem(RDI, 0))
    a.movMI32(mem(R8), 7)
    a.ret()
  },
  /** Reads 64 bytes past what argument 0 points to at turn `total`. */
  overread: (a) => {
    a.movRM(R8, mem(RDI, 0))
    a.mov32RM(RAX, mem(R8, 0, RDX, 4))
    a.ret()
  },
  /** out[0] = scratch address modulo 64. */
  scratchAlignment: (a) => {
    a.movRM(R8, mem(RDI, 0))
    a.andRI(RCX, 63)
    a.mov32MR(mem(R8), RCX)
    a.ret()
  },
}

export const emitRaw: EmitKernels = (kernels) => {
  const a = new Assembler({ evex: false })
  const entries = kernels.map((kernel) => {
    a.align(16)
    const at = a.length
    bodies[kernel.name](a)
    return at
  })
  return { code: a.finish(), entries }
}

/** `work`: nanoseconds a linker should take it for. */
export const rawKernel = (name: string, total: number, options: { work?: number; scratch?: number } = {}): Kernel => ({
  name, total, entry: { name, params: [], body: { instrs: [] }, values: 0 }, callees: [], slots: 2,
  scratchBytes: options.scratch ?? 0, flops: 0, bytes: 10 * (options.work ?? 0),
})

export const external = (index: number, bytes: number): Placement => ({ kind: 'external', index, bytes })

export const program = (
  calls: readonly (readonly [Kernel, ...number[]])[], buffers: readonly Placement[], arenaBytes = 0,
): Program => ({
  kernels: calls.map(([kernel]) => kernel),
  buffers,
  calls: calls.map(([, ...slots], kernel) => ({ kernel, buffers: slots })),
  arenaBytes,
  externals: buffers.filter((b) => b.kind === 'external').length,
})

export const tryLinker = (options: Partial<NativeOptions> = {}) => createLinker(require, { emit: emitRaw, ...options })

/** Why these tests cannot run here, or null. */
export const unavailable: string | null = (() => {
  const result = tryLinker()
  if (result.linker === null) return result.reason
  result.linker.dispose()
  return null
})()

export const makeLinker = (options: Partial<NativeOptions> = {}): NativeLinker => {
  const result = tryLinker(options)
  if (result.linker === null) throw new Error(result.reason)
  return result.linker
}

export const i32 = (linker: NativeLinker, storage: Parameters<NativeLinker['read']>[0]): Int32Array =>
  new Int32Array(linker.read(storage).buffer)
