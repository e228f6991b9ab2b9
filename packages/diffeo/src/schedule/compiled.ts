/** @file What the compiler is asked for and what it gives. */
import type { Program } from '../backend/program.ts'
import type { Cell } from '../graph/cell.ts'
import type { Node } from '../graph/node.ts'
import type { Target } from '../kernel/ir.ts'
import type { KernelCache } from './kernel-cache.ts'

export interface Options {
  readonly target: Target
  /** Nodes whose value is there when the program runs. */
  readonly leaf: (n: Node) => boolean
  /** Output number → the cell whose value it replaces, in place where that is safe. */
  readonly updates: ReadonlyMap<number, Cell>
  /** Code of earlier programs for the same target; without it only equal groups of this one share theirs. */
  readonly cache?: KernelCache | undefined
  /** Leaves that seldom change between runs: what needs no others becomes a program of its own, run when they did. */
  readonly isConstant?: (n: Node) => boolean
  /** For the body of a loop: the leaves over which its first outputs may be written, and which leaves never change. */
  readonly body?: { readonly carries: readonly Node[]; readonly isConstant: (n: Node) => boolean }
}

/** What an external buffer of a program is. */
export type External =
  | { readonly kind: 'input'; readonly node: Node }
  | { readonly kind: 'output'; readonly index: number }
  /** What the constants' program computes, which lasts from run to run. */
  | { readonly kind: 'kept'; readonly index: number; readonly bytes: number }

export interface Part {
  readonly program: Program
  readonly externals: readonly External[]
}

export interface Compiled extends Part {
  /** Computes what is kept from the constants; null where nothing is. */
  readonly constants: Part | null
  /** Updates whose output is the leaf's own buffer. */
  readonly inPlace: ReadonlySet<number>
  /** Of the body of a loop: how many of its calls, the first ones, need not be made again in each turn. */
  readonly once: number
}

/** A group that is a loop. */
export interface LoweredLoop {
  readonly scan: Node<'scan'>
  /** What is in memory for each input of the loop. */
  readonly inputs: readonly Node[]
  readonly body: Compiled
}
