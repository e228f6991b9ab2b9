/**
 * @file Kernels to x86-64. A function is encoded once, with its constants behind it, and names no address, so that each
 * program that calls it takes a copy and fills in how far away its callees lie.
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
  /** Where a distance to a callee is to be added. */
  readonly calls: readonly { readonly at: number; readonly callee: Fn }[]
}

/** Of one target: what was encoded is kept as long as somebody may ask for the function again. */
interface Encodings { readonly entries: WeakMap<Fn, Encoded>; readonly callees: WeakMap<Fn, Encoded> }
const encodings = new WeakMap<Target, Encodings>()

/** `limits`: fewer registers, for tests; nothing is kept. */
export function emitKernels(kernels: readonly Kernel[], target: Target, limits?: RegisterLimits): Emitted {
  const machine = machineOf(target, limits)
  const known = limits ? undefined : encodings.get(target)
  const { entries, callees } = known ?? { entries: new WeakMap<Fn, Encoded>(), callees: new WeakMap<Fn, Encoded>() }
  if (!limits && !known) encodings.set(target, { entries, callees })
  const placed = new Map<Encoded, number>()
  let bytes = 0
  const place = (fn: Fn, entry: boolean): number => {
    const kept = entry ? entries : callees
    let made = kept.get(fn)
    if (!made) kept.set(fn, made = encode(fn, entry, target, machine))
    let at = placed.get(made)
    if (at === undefined) {
      placed.set(made, at = bytes)
      bytes = Math.ceil((at + made.bytes.length) / 64) * 64
      const own = made.bytes
      debug('asm', () => hexOf(fn.name, own))
    }
    return at
  }
  const starts = kernels.map(k => place(k.entry, true))
  const distances: [field: number, callee: number][] = []
  // Functions that are placed meanwhile are walked too.
  for (const [{ calls }, start] of placed)
    for (const { at, callee } of calls) distances.push([start + at, place(callee, false)])
  const code = new Uint8Array(bytes)
  for (const [made, at] of placed) code.set(made.bytes, at)
  const view = new DataView(code.buffer)
  for (const [field, callee] of distances) view.setInt32(field, view.getInt32(field, true) + callee - field, true)
  return { code, entries: starts }
}

function encode(fn: Fn, entry: boolean, target: Target, machine: Machine): Encoded {
  const asm = new Assembler({ evex: target.isa === 'avx512' })
  const callees = new Map<Fn, number>()
  const labelOf = (callee: Fn): number => {
    let label = callees.get(callee)
    if (label === undefined) callees.set(callee, label = asm.newOutsideLabel())
    return label
  }
  emitFunction(fn, asm, target, { entry, labelOf, pool: new ConstantPool(asm), machine })
  const bytes = asm.finish()
  const byLabel = new Map([...callees].map(([callee, label]) => [label, callee]))
  return { bytes, calls: asm.outside.map(({ at, label }) => ({ at, callee: byLabel.get(label)! })) }
}

/** What `xxd -r -p` makes a file for a disassembler of. */
function hexOf(name: string, bytes: Uint8Array): string {
  const lines = [`function ${name}: ${bytes.length} bytes`]
  for (let at = 0; at < bytes.length; at += 32)
    lines.push(Array.from(bytes.subarray(at, at + 32), b => b.toString(16).padStart(2, '0')).join(''))
  return lines.join('\n')
}
