/** @file Which nodes have a routine, and what it reads: stored values in row-major order. */
import { is, sizeOf, type Node } from '../graph/node.ts'
import { viewOf } from './views.ts'

const routines: ReadonlySet<string> = new Set(['scatter', 'cumulative', 'argSort', 'call', 'scan'])

export const isRoutine = (n: Node): boolean => routines.has(n.op) || writesBlock(n)

/** Whether a small block of a cell is written: in place, that touches nothing else. */
const writesBlock = (n: Node): boolean =>
  is(n, 'dynamicUpdate') && is(n.inputs[0], 'read') && sizeOf(n.inputs[1].shape) * 4 <= sizeOf(n.shape)
  && ['float32', 'int32', 'uint32'].includes(n.dtype)

/** The node whose buffer holds x in row-major order: reshapes only rename places. */
export function storedAs(x: Node, leaf: (n: Node) => boolean): Node {
  while (!leaf(x) && x.op === 'reshape') [x] = x.inputs
  return x
}

/** What the routine reads from memory. A scatter into a constant fills its result with it. */
export function routineOperands(n: Node, leaf: (n: Node) => boolean): Node[] {
  if (n.op === 'call') return n.inputs.map(x => viewOf(x, leaf).base)
  // constant places are written into the code
  if (is(n, 'dynamicUpdate'))
    return n.inputs.filter((x, i) => i < 2 || !is(x, 'constant')).map(x => storedAs(x, leaf))
  const inputs = fillOf(n) === null ? n.inputs : n.inputs.slice(1)
  return inputs.map(x => storedAs(x, leaf))
}

/** The node that a routine's group computes: of several outputs it stores what is used. */
export const routineOf = (root: Node): Node => (is(root, 'pick') ? root.inputs[0] : root)

/** What a scatter's result is filled with first, when that is one number. */
export function fillOf(n: Node): number | null {
  const [x] = n.inputs
  return n.op === 'scatter' && is(x, 'constant') ? x.attrs.value : null
}
