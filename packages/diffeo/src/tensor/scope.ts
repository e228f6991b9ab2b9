/**
 * @file What is being traced: a stack of scopes. In a scope values are not there, tensors of it stand for values to
 * come, and cells and random counters are those of the mapping that is being written down.
 */
import * as g from '../graph/build.ts'
import type { Cell } from '../graph/cell.ts'
import type { Node } from '../graph/node.ts'
import { TraceError } from '../util/errors.ts'
import { atUserLine } from '../util/caller.ts'
import { numbers } from './functions/promote.ts'
import type { Draw } from './functions/random.ts'

export type ScopeKind = 'compile' | 'vmap' | 'scan' | 'checkpoint' | 'customGradient'

/** A cell inside a scope: what it held at first, and what it holds now. */
export interface CellState {
  /** Every node that stood for the cell: a gradient with respect to it is the sum over them. */
  readonly nodes: Node[]
  assigned: boolean
}

export interface Scope {
  readonly kind: ScopeKind
  /** For messages: the compiled function's name. */
  readonly name: string
  /** Whether the mapping is only looked at (`explain`): nothing may be computed, not even what it captures. */
  readonly dry?: boolean
  /** Whether it is still being traced. */
  active: boolean
  readonly draw: Draw
  /** Cells read or assigned here; null where the scope cannot assign (its values are not those of the program). */
  readonly cells: Map<Cell, CellState> | null
}

const stack: Scope[] = []
/** How many grad, vjp or jvp calls are running their function: there values are to be had, but history must stay. */
let transforms = 0

export const innermost = (): Scope | undefined => (stack.length > 0 ? stack[stack.length - 1] : undefined)
export const isTracing = (): boolean => stack.length > 0
/** The compiled mapping that is being traced. There is at most one: those inside it are inlined. */
export const compiling = (): Scope | undefined => stack.find(s => s.kind === 'compile')
export const isTransforming = (): boolean => transforms > 0

/** Runs `body` with the scope innermost, and leaves it whatever happens. */
export function within<T>(scope: Scope, body: () => T): T {
  stack.push(scope)
  numbers.areArguments = false
  try {
    return body()
  } finally {
    stack.pop()
    scope.active = false
    numbers.areArguments = stack.length === 0
  }
}

/** Runs `body` with history kept of all that it computes. */
export function transforming<T>(body: () => T): T {
  transforms++
  try {
    return body()
  } finally {
    transforms--
  }
}

/** The error of asking for a value that is not there yet. */
export function askedForValue(what: string, scope: Scope): TraceError {
  const where = scope.kind === 'compile' ? `compile('${scope.name}')` : scope.kind
  return new TraceError(`${what} asked for a value while ${where} was tracing${atUserLine()}: there is none yet. `
    + 'Return the tensor and read it from the result; to choose by a value use where(condition, a, b).')
}

/** The node that stands for a cell now, in the innermost scope that knows it; undefined outside of compile. */
export function cellInScope(cell: Cell, fresh: () => Node): Node | undefined {
  for (let i = stack.length - 1; i >= 0; i--) {
    const { cells, kind } = stack[i]
    const state = cells?.get(cell)
    if (state) return state.nodes[state.nodes.length - 1]
    if (kind === 'compile') {
      const node = fresh()
      cells!.set(cell, { nodes: [node], assigned: false })
      return node
    }
  }
  return undefined
}

/** Records an assignment in the innermost scope; false outside of scopes, where it is done at once. */
export function assignInScope(cell: Cell, value: Node): boolean {
  const scope = innermost()
  if (!scope) return false
  if (!scope.cells) {
    throw new TraceError(
      `assign to ${cell.name || 'a cell'} inside ${scope.kind}${atUserLine()}: the value exists once for each turn. ` +
        'Return it, and assign outside.',
    )
  }
  const state = scope.cells.get(cell) ?? { nodes: [], assigned: false }
  // a node of its own: gradients with respect to the cell now mean this value, and stop here
  state.nodes.push(g.stopGradient(value))
  state.assigned = true
  scope.cells.set(cell, state)
  return true
}

/** All nodes that stood for the cell in scopes that are still traced. */
export const nodesInScope = (cell: Cell): Node[] => stack.flatMap(s => s.cells?.get(cell)?.nodes ?? [])

/** Throws where a traced function came back with a Promise. */
export function checkNoPromise(op: string, out: unknown): void {
  if (typeof (out as { then?: unknown } | null)?.then !== 'function') return
  void Promise.resolve(out).catch(() => {
    /* the TraceError says it */
  })
  throw new TraceError(
    `${op}: the function returned a Promise: it must compute without await. Take values outside of it.`,
  )
}
