/** @file Padding of the last axes: with a value, or with the input's own elements. */
import { concat, slice, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'

export type PaddingMode = 'constant' | 'reflect' | 'replicate' | 'circular'
export interface PadOptions {
  /** 'constant' unless given. */
  mode?: PaddingMode
  /** What is laid around the input in mode 'constant' (0). */
  value?: number
}
const optionNames: Names<PadOptions> = { mode: true, value: true }

/** The elements from … to − 1 of one axis. */
export function sliceAxis(x: Tensor, axis: number, from: number, to: number): Tensor {
  if (from === 0 && to === x.shape[axis]) return x
  return x.index(...Array.from({ length: axis }, () => slice()), slice(from, to))
}

/** What stands before and behind n elements, of x itself. */
const borders = {
  reflect: (x: Tensor, axis: number, before: number, after: number): [Tensor, Tensor] => {
    const n = x.shape[axis]
    return [sliceAxis(x, axis, 1, before + 1).flip(axis), sliceAxis(x, axis, n - 1 - after, n - 1).flip(axis)]
  },
  replicate: (x: Tensor, axis: number, before: number, after: number): [Tensor, Tensor] => {
    const n = x.shape[axis]
    const times = (edge: Tensor, count: number): Tensor => edge.expand(x.shape.map((d, i) => (i === axis ? count : d)))
    return [times(sliceAxis(x, axis, 0, 1), before), times(sliceAxis(x, axis, n - 1, n), after)]
  },
  circular: (x: Tensor, axis: number, before: number, after: number): [Tensor, Tensor] => {
    const n = x.shape[axis]
    return [sliceAxis(x, axis, n - before, n), sliceAxis(x, axis, 0, after)]
  },
}

/** Throws where the axis has too few elements to pad with. */
function checkBorder(mode: 'reflect' | 'replicate' | 'circular', n: number, pair: readonly [number, number]): void {
  const most = mode === 'reflect' ? n - 1 : mode === 'circular' ? n : n > 0 ? Infinity : 0
  if (Math.max(...pair) <= most) return
  throw new ShapeError(
    `pad: mode '${mode}' cannot lay [${pair.join(',')}] around an axis of size ${n}: at most ${Math.max(0, most)} on a side`,
  )
}

function padAxis(x: Tensor, axis: number, pair: readonly [number, number], mode: keyof typeof borders): Tensor {
  const [before, after] = pair
  if (before === 0 && after === 0) return x
  // a negative width crops; the borders are those of what is left
  const cut = sliceAxis(x, axis, Math.max(0, -before), x.shape[axis] - Math.max(0, -after))
  const widths = [Math.max(0, before), Math.max(0, after)] as const
  checkBorder(mode, cut.shape[axis], widths)
  const [front, back] = borders[mode](cut, axis, ...widths)
  const parts = [widths[0] > 0 ? [front] : [], [cut], widths[1] > 0 ? [back] : []].flat()
  return parts.length === 1 ? cut : concat(parts, axis)
}

/**
 * x with elements laid around its last axes.
 * @param padding - the widths `[before, after]` of the last axis, then of the one before it, and so on, in one list
 * (PyTorch's order); negative widths crop
 * @param options - `mode` ('constant', 'reflect' without the edge, 'replicate' the edge, 'circular'), `value` (0)
 * @throws ShapeError where the axis is too short to be reflected or to go round
 * @example
 * nn.pad(tensor([1, 2, 3]), [2, 1], { mode: 'reflect' }) // [3, 2, 1, 2, 3, 2]
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  checkTensor('pad', 'input', x)
  checkOptions('pad', options, optionNames)
  const { mode = 'constant', value = 0 } = options
  if (!Array.isArray(padding) || padding.length % 2 !== 0 || padding.length > 2 * x.rank) {
    throw new ShapeError(
      `pad: the widths are [${String(padding)}]: expected [before, after] for up to ${x.rank} axes, from the last one on`,
    )
  }
  const pairOf = (axis: number): readonly [number, number] => {
    const k = 2 * (x.rank - 1 - axis)
    return k < padding.length ? [padding[k], padding[k + 1]] : [0, 0]
  }
  const pairs = x.shape.map((_, axis) => pairOf(axis))
  if (!pairs.flat().every(Number.isInteger))
    throw new ShapeError(`pad: the widths [${padding.join(',')}] are not whole`)
  if (mode === 'constant') return x.pad(pairs, { value })
  if (!Object.hasOwn(borders, mode))
    throw new ShapeError(`pad: there is no mode '${String(mode)}': 'constant', 'reflect', 'replicate', 'circular'`)
  return pairs.reduce((out, pair, axis) => padAxis(out, axis, pair, mode), x)
}
