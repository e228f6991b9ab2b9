/** @file Images and volumes read at places that a grid names. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

export interface GridSampleOptions {
  /** Between the nearest pixels, or the nearest one ('bilinear'); 'bicubic' between 16, of images alone. */
  mode?: 'bilinear' | 'nearest' | 'bicubic'
  /** What lies outside: zeros, the edge, or the image mirrored ('zeros'). */
  paddingMode?: 'zeros' | 'border' | 'reflection'
  /** Whether −1 and 1 are the centres of the pixels at the corners, instead of the image's edges (false). */
  alignCorners?: boolean
}
type Settings = Required<GridSampleOptions>
const modes: readonly string[] = ['bilinear', 'nearest', 'bicubic']
const paddings: readonly string[] = ['zeros', 'border', 'reflection']

/** Places mirrored at both ends of an axis of n pixels until they lie inside. */
function reflected(p: Tensor, n: number, alignCorners: boolean): Tensor {
  const [low, span] = alignCorners ? [0, n - 1] : [-0.5, n]
  if (span === 0) return p.mul(0)
  const from = p.sub(low)
  const distance = where(from.lt(0), from.neg(), from)
  const turns = distance.div(span).floor()
  const rest = distance.sub(turns.mul(span))
  return where(turns.mod(2).eq(0), rest.add(low), rest.neg().add(span + low))
}

/** Places as the padding mode moves them: inside, but for 'zeros'. */
function placed(p: Tensor, n: number, { paddingMode, alignCorners }: Settings): Tensor {
  if (paddingMode === 'zeros') return p
  // at the edge itself the gradient is 0, as in PyTorch
  const inside = paddingMode === 'reflection' ? reflected(p, n, alignCorners) : p
  return inside.hardtanh({ min: 0, max: n - 1 })
}

/** The pixels at whole places (as floats), one tensor `[batch, ...out]` an axis; 0 outside of the image. */
function pixelsAt(x: Tensor, places: readonly Tensor[]): Tensor {
  const [batch, channels, ...space] = x.shape
  const inside = places.map((p, i) => p.ge(0).and(p.lt(space[i]))).reduce((a, b) => a.and(b))
  const flat = places.reduce((sum, p, i) => (i === 0 ? p : sum.mul(space[i]).add(p)))
  const at = where(inside, flat, 0).cast('int32').reshape([batch, 1, -1])
  const read = x.reshape([batch, channels, -1]).gather(2, at.expand([batch, channels, at.shape[2]]))
  return where(inside.unsqueeze(1), read.reshape([batch, channels, ...places[0].shape.slice(1)]), 0)
}

/** One pixel that an axis reads, and its share. */
interface Tap { readonly at: Tensor; readonly share: Tensor }

/** Keys' cubic with a = −0.75 at distances up to 1, and from 1 to 2. Keys, "Cubic convolution interpolation" (1981). */
const near = (d: Tensor): Tensor => d.mul(1.25).sub(2.25).mul(d).mul(d).add(1)
const far = (d: Tensor): Tensor => d.mul(-0.75).add(3.75).mul(d).sub(6).mul(d).add(3)

function taps(p: Tensor, n: number, settings: Settings): Tap[] {
  const first = p.floor()
  const t = p.sub(first)
  const rest = t.neg().add(1)
  if (settings.mode === 'bilinear') return [{ at: first, share: rest }, { at: first.add(1), share: t }]
  const shares = [far(t.add(1)), near(t), near(rest), far(rest.add(1))]
  return shares.map((share, k) => ({ at: placed(first.add(k - 1), n, settings), share }))
}

function checkShapes(x: Tensor, grid: Tensor, { mode, paddingMode }: Settings): void {
  const n = x.rank - 2
  if ((n !== 2 && n !== 3) || grid.rank !== x.rank || grid.shape.at(-1) !== n || grid.shape[0] !== x.shape[0]) {
    throw new ShapeError(
      `gridSample: the input is [${x.shape.join(',')}], the grid [${grid.shape.join(',')}]: expected [batch, channels, ` +
        'height, width] and [batch, rows, columns, 2], or both with a depth, and 3',
    )
  }
  if (!modes.includes(mode) || !paddings.includes(paddingMode) || (mode === 'bicubic' && n === 3)) {
    throw new ShapeError(
      `gridSample: there is no mode '${mode}' with paddingMode '${paddingMode}' over ${n} axes: 'bilinear', 'nearest', ` +
        "or of images 'bicubic'; 'zeros', 'border' or 'reflection'",
    )
  }
}

/**
 * Images `[batch, channels, h, w]` read at the places of a grid `[batch, oh, ow, 2]`, whose (x, y) go from −1 to 1 over
 * the image: `[batch, channels, oh, ow]`; or volumes, with (x, y, z). Jaderberg et al., "Spatial transformer networks"
 * (2015).
 * @param options - `mode` ('bilinear', 'nearest', 'bicubic'), `paddingMode` ('zeros', 'border', 'reflection'),
 * `alignCorners` (false)
 * @throws ShapeError where input and grid do not fit together
 * @example
 * nn.gridSample(tensor([[[[1, 3]]]]), tensor([[[[0, 0]]]])) // [[[[2]]]]
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  checkTensor('gridSample', 'input', x)
  checkTensor('gridSample', 'grid', grid, x)
  checkOptions('gridSample', options, { mode: true, paddingMode: true, alignCorners: true })
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options
  const settings = { mode, paddingMode, alignCorners }
  checkShapes(x, grid, settings)
  const space = x.shape.slice(2)
  // the grid's last axis begins with x, the image's last axis
  const pixels = space.map((n, i) => {
    const p = grid.index('...', space.length - 1 - i).add(1).mul(alignCorners ? (n - 1) / 2 : n / 2)
    return alignCorners ? p : p.sub(0.5)
  })
  const read = mode === 'bicubic' ? pixels : pixels.map((p, i) => placed(p, space[i], settings))
  if (mode === 'nearest') return pixelsAt(x, read.map(p => p.round()))
  const axes = read.map((p, i) => taps(p, space[i], settings))
  const combined = axes.reduce<Tap[][]>((all, own) => all.flatMap(row => own.map(tap => [...row, tap])), [[]])
  return combined.map(row => {
    const share = row.map(tap => tap.share).reduce((a, b) => a.mul(b))
    return pixelsAt(x, row.map(tap => tap.at)).mul(share.unsqueeze(1))
  }).reduce((a, b) => a.add(b))
}
