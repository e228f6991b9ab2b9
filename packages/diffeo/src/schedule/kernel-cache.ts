/** @file Code of groups, kept for groups that compute the same: twelve equal layers are compiled once. */
import type { Block, Fn, Kernel } from '../kernel/ir.ts'
import type { BufferInfo } from '../kernel/nest.ts'

/** A lowered group without its nodes: these are named by their numbers in the group's signature. */
export interface GroupCode {
  /** What the names of its kernels begin with. */
  readonly name: string
  readonly kernels: readonly Kernel[]
  readonly buffers: readonly BufferInfo[]
  readonly partial: boolean
  /** The number of the node in each slot; null: a temporary or the status word. */
  readonly slots: readonly (number | null)[]
  readonly status: number | null
  readonly reads: readonly (readonly [number, readonly string[]])[]
  readonly writes: readonly (readonly [number, readonly string[]])[]
}

/** Instructions that are kept: some 30 MiB. */
const mostInstructions = 150_000

/** The code used last, by signature. */
export class KernelCache {
  /** Groups that were compiled because none was like them. */
  compiled = 0
  /** Instructions held. */
  instructions = 0
  private readonly entries = new Map<string, { readonly code: GroupCode; readonly instructions: number }>()
  private readonly limit: number

  constructor(limit = mostInstructions) { this.limit = limit }

  get size(): number { return this.entries.size }

  get(key: string, compile: () => GroupCode): GroupCode {
    const known = this.entries.get(key)
    if (known) {
      this.entries.delete(key)
      this.entries.set(key, known)
      return known.code
    }
    this.compiled++
    const code = compile()
    const entry = { code, instructions: sizeOfCode(code.kernels) }
    this.entries.set(key, entry)
    this.instructions += entry.instructions
    for (const [oldest, dropped] of this.entries) {
      if (this.instructions <= this.limit || dropped === entry) break
      this.entries.delete(oldest)
      this.instructions -= dropped.instructions
    }
    return code
  }
}

function sizeOfCode(kernels: readonly Kernel[]): number {
  const functions = new Set<Fn>(kernels.flatMap(k => [k.entry, ...k.callees]))
  let n = 0
  for (const fn of functions) n += sizeOfBlock(fn.body)
  return n
}

function sizeOfBlock({ instrs }: Block): number {
  let n = instrs.length
  for (const { loop, branch } of instrs) {
    if (loop) n += sizeOfBlock(loop.body)
    if (branch) n += sizeOfBlock(branch.body) + (branch.orelse ? sizeOfBlock(branch.orelse) : 0)
  }
  return n
}
