/**
 * @file Kernels to x86-64. A kernel is encoded once: its entry, every function it calls and its constants lie together
 * and name no address, so that each program takes a copy.
 */
import { Assembler } from '../../../asm/x64/index.ts'
import type { Fn, Kernel, Target } from '../../../kernel/ir.ts'
import { debug } from '../../../util/debug.ts'
import { emitFunction } from './emit.ts'
import { machineOf, type Machine, type RegisterLimits } from './machine.ts'
import { ConstantPool } from './pool.ts'

export type { RegisterLimits } from './machine.ts'
export { emitFunction, type FunctionOptions } from './emit.ts'

export interface Emitted {
  /** Load it at a multiple of 64. */
  readonly code: Uint8Array
  /** Byte offset of each kernel's entry: entry(args: rdi, first: rsi, end: rdx, scratch: rcx), SysV. */
  readonly entries: number[]
}

interface Encoded {
  readonly bytes: Uint8Array
  readonly entry: number
}

/** By target and entry: kept as long as somebody may ask for the kernel again. */
const encoded = new WeakMap<Target, WeakMap<Fn, Encoded>>()

/** `limits`: fewer registers, for tests; nothing is kept. */
export function emitKernels(kernels: readonly Kernel[], target: Target, limits?: RegisterLimits): Emitted {
  const machine = machineOf(target, limits)
  let known = limits ? undefined : encoded.get(target)
  if (!known) known = new WeakMap()
  if (!limits) encoded.set(target, known)
  const places = new Map<Encoded, number>()
  let bytes = 0
  const entries = kernels.map(kernel => {
    let made = known.get(kernel.entry)
    if (!made) known.set(kernel.entry, made = encode(kernel, target, machine))
    let at = places.get(made)
    if (at === undefined) {
      places.set(made, at = bytes)
      bytes = Math.ceil((at + made.bytes.length) / 64) * 64
      const { bytes: own, entry } = made
      debug('asm', () => hexOf(kernel.name, own, entry))
    }
    return at + made.entry
  })
  const code = new Uint8Array(bytes)
  for (const [made, at] of places) code.set(made.bytes, at)
  return { code, entries }
}

function encode(kernel: Kernel, target: Target, machine: Machine): Encoded {
  const asm = new Assembler({ evex: target.isa === 'avx512' })
  const pool = new ConstantPool(asm)
  const labels = new Map<Fn, number>()
  const labelOf = (fn: Fn): number => {
    let label = labels.get(fn)
    if (label === undefined) labels.set(fn, label = asm.newLabel())
    return label
  }
  for (const fn of kernel.callees) {
    asm.align(64)
    asm.bind(labelOf(fn))
    emitFunction(fn, asm, target, { entry: false, labelOf, pool, machine })
  }
  asm.align(64)
  const entry = asm.length
  emitFunction(kernel.entry, asm, target, { entry: true, labelOf, pool, machine })
  return { bytes: asm.finish(), entry }
}

/** What `xxd -r -p` makes a file for a disassembler of. */
function hexOf(name: string, bytes: Uint8Array, entry: number): string {
  const lines = [`kernel ${name}: ${bytes.length} bytes, entry at 0x${entry.toString(16)}`]
  for (let at = 0; at < bytes.length; at += 32)
    lines.push(Array.from(bytes.subarray(at, at + 32), b => b.toString(16).padStart(2, '0')).join(''))
  return lines.join('\n')
}
