/** @file The grid of an affine map, for gridSample. */
import { arange, ones, stack, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

/**
 * Where the pixels of an output of the size `[batch, channels, h, w]` lie in the input, by the affine maps theta
 * `[batch, 2, 3]` of (x, y, 1): `[batch, h, w, 2]` for gridSample. For volumes `[batch, channels, d, h, w]` theta is
 * `[batch, 3, 4]`, and the grid `[batch, d, h, w, 3]`.
 * @param options - `alignCorners` (false): whether −1 and 1 are the centres of the outermost pixels
 * @throws ShapeError where theta and size do not fit together
 * @example
 * nn.affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 1, 1, 2]) // [[[[-0.5, 0], [0.5, 0]]]]
 */
export function affineGrid(
  theta: Tensor, size: readonly number[], options: { alignCorners?: boolean } = {},
): Tensor {
  checkTensor('affineGrid', 'theta', theta)
  checkOptions('affineGrid', options, { alignCorners: true })
  const { alignCorners = false } = options
  const space = size.slice(2)
  const n = space.length
  if ((n !== 2 && n !== 3) || theta.shape.join() !== [size[0], n, n + 1].join()) {
    throw new ShapeError(
      `affineGrid: theta is [${theta.shape.join(',')}], the size [${size.join(',')}]: expected [batch, 2, 3] and ` +
        '[batch, channels, height, width], or [batch, 3, 4] and [batch, channels, depth, height, width]',
    )
  }
  const made = { dtype: theta.dtype, device: theta.device } as const
  const along = space.map((d, i) => {
    const places = arange(d, made).mul(2).sub(d - 1)
    // the ends of an axis of one pixel fall together in its middle
    const line = places.div(alignCorners ? Math.max(1, d - 1) : d)
    return line.reshape(space.map((_, k) => (k === i ? d : 1))).expand(space)
  }).reverse()
  const points = stack([...along, ones(space, made)], -1).reshape([1, -1, n + 1])
  return points.matmul(theta.transpose(1, 2)).reshape([size[0], ...space, n])
}
