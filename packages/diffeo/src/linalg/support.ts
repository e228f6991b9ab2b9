/**
 * @file What the functions of linear algebra share: checks, leading axes, blocks of columns. Each algorithm is written
 * for one matrix; leading axes are flattened and mapped over by vmap.
 */
import { arange, concat, eye, scan, vmap, where, type Tensor } from '../tensor/index.ts'
import { checkTensor, mapTensors } from '../tensor/internal.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'

export const shapeText = (x: Tensor): string => `[${x.shape.join(', ')}]`

/** @throws DTypeError unless it is a tensor of float32 or float64; ShapeError below `rank` axes */
export function check(op: string, x: unknown, rank = 2, beside?: Tensor): asserts x is Tensor {
  const full = `linalg.${op}`
  checkTensor(full, 'argument', x, beside)
  if (x.dtype !== 'float32' && x.dtype !== 'float64')
    throw new DTypeError(`${full}: takes float32 or float64, got ${x.dtype}: write cast('float32')`)
  if (x.rank < rank) {
    const what = rank === 1 ? 'a vector' : 'a matrix'
    throw new ShapeError(`${full}: takes ${what}, or a batch of them, got shape ${shapeText(x)}`)
  }
}

/** @throws as check, and ShapeError unless the last two axes are of one size */
export function checkSquare(op: string, x: unknown, beside?: Tensor): asserts x is Tensor {
  check(op, x, 2, beside)
  if (x.shape.at(-1) !== x.shape.at(-2))
    throw new ShapeError(`linalg.${op}: the matrix must be square, got shape ${shapeText(x)}`)
}

/** Two operands in one dtype. */
export function alike(op: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype)
    throw new DTypeError(`linalg.${op}: one operand is ${a.dtype}, the other ${b.dtype}: cast one`)
}

function commonFront(op: string, fronts: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...fronts.map(f => f.length))
  return Array.from({ length: rank }, (_, i) => {
    const sizes = new Set(fronts.map(f => f[f.length - rank + i] ?? 1))
    sizes.delete(1)
    if (sizes.size > 1)
      throw new ShapeError(`linalg.${op}: leading axes ${fronts.map(f => `[${f.join(', ')}]`).join(' and ')} differ`)
    return [...sizes][0] ?? 1
  })
}

/**
 * f, written for single matrices (or vectors: `ranks`), over leading axes, which broadcast. f gives a tensor or an
 * object of them.
 */
export function overBatch<R>(
  op: string, f: (...args: any[]) => R, args: readonly Tensor[], ranks: readonly number[] = args.map(() => 2),
): R {
  const fronts = args.map((a, i) => a.shape.slice(0, a.rank - ranks[i]))
  const front = commonFront(op, fronts)
  if (front.length === 0) return f(...args)
  const size = front.reduce((p, d) => p * d, 1)
  const isSingle = fronts.map(shape => shape.length === 0)
  const flat = args.map((a, i) => {
    if (isSingle[i]) return a
    const own = a.shape.slice(a.rank - ranks[i])
    return a.expand([...front, ...own]).reshape([size, ...own])
  })
  const out = vmap(f, { in: isSingle.map(single => (single ? null : 0)) })(...flat)
  return mapTensors(out, t => t.reshape([...front, ...t.shape.slice(1)])) as R
}

/** 0, 1, … as int32, where x is. */
export const range = (n: number, x: Tensor): Tensor => arange(n, { dtype: 'int32', device: x.device })
export const identity = (n: number, x: Tensor, columns = n): Tensor =>
  eye(n, columns, { dtype: x.dtype, device: x.device })
/** Row i (a 0-d or 1-d int32 tensor of one element) of x. */
export const rowOf = (x: Tensor, i: Tensor): Tensor => x.indexSelect(0, i.reshape(1)).reshape(x.shape.slice(1))
/** The matrix with vectors of length 1 more axis: a column beside a row. */
export const outer = (column: Tensor, row: Tensor): Tensor => column.unsqueeze(1).mul(row.unsqueeze(0))

/** The matrix over its greatest element, lest squares overflow. */
export function scaled(a: Tensor): { unit: Tensor; scale: Tensor } {
  const largest = a.abs().max()
  const scale = where(largest.gt(0).and(largest.isFinite()), largest, 1)
  return { unit: a.div(scale), scale }
}

/** How many columns a blocked algorithm takes at once: the rest of its work is then in products. */
const blockSize = 16

export interface Block<S> { readonly state: S; readonly out: readonly Tensor[] }
/** What a step is given: the first column (0-d int32), how many, and its rows of each of `xs`. */
export type Step<S> = (state: S, from: Tensor, width: number, rows: readonly Tensor[]) => Block<S>
export interface Blocks {
  /** Tensors of `total` rows that are dealt out. */
  readonly xs?: readonly Tensor[]
  readonly reverse?: boolean
}

/**
 * The step for each block of `total` columns: those of full width as one loop, and what is left of them. The outs,
 * which have a row for each column, come joined.
 */
export function overBlocks<S>(
  total: number, like: Tensor, state: S, step: Step<S>, { xs = [], reverse = false }: Blocks = {},
): Block<S> {
  const full = total <= blockSize ? 0 : Math.floor(total / blockSize)
  const looped = full * blockSize
  const dealt = xs.map(x => x.split([looped, total - looped]))
  const runs: ((now: S) => Block<S>)[] = []
  if (full > 0) {
    const starts = range(full, like).mul(blockSize)
    const blocks = dealt.map(([x]) => x.unflatten(0, [full, blockSize]))
    runs.push(now => {
      const turn = (s: S, [from, ...rows]: readonly Tensor[]): [S, readonly Tensor[]] => {
        const { state: next, out } = step(s, from, blockSize, rows)
        return [next, out]
      }
      const [last, outs] = scan(turn, now, [starts, ...blocks], { reverse })
      return { state: last, out: outs.map(t => t.flatten(0, 1)) }
    })
  }
  if (total > looped) {
    const from = range(1, like).add(looped).reshape([])
    runs.push(now => step(now, from, total - looped, dealt.map(([, x]) => x)))
  }
  let now = state
  const outs: (readonly Tensor[])[] = []
  for (const run of reverse ? runs.toReversed() : runs) {
    const { state: next, out } = run(now)
    now = next
    outs.push(out)
  }
  const inOrder = reverse ? outs.toReversed() : outs
  return {
    state: now,
    out: inOrder[0].map((_, i) => (outs.length === 1 ? outs[0][i] : concat(inOrder.map(o => o[i])))),
  }
}
