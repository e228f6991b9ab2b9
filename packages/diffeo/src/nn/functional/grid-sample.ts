/** @file Images read at places that a grid names. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

export interface GridSampleOptions {
  /** Between the four nearest pixels, or the nearest one ('bilinear'). */
  mode?: 'bilinear' | 'nearest'
  /** What lies outside of the image: zeros, or its edge ('zeros'). */
  paddingMode?: 'zeros' | 'border'
  /** Whether −1 and 1 are the centres of the pixels at the corners, instead of the image's edges (false). */
  alignCorners?: boolean
}

/** The pixels at whole places (as floats) `[batch, oh, ow]`, 0 outside of the image. */
function pixelsAt(x: Tensor, column: Tensor, row: Tensor): Tensor {
  const [batch, channels, height, width] = x.shape
  const inside = column.ge(0).and(column.lt(width)).and(row.ge(0)).and(row.lt(height))
  const at = where(inside, row.mul(width).add(column), 0).cast('int32').reshape([batch, 1, -1])
  const read = x.reshape([batch, channels, -1]).gather(2, at.expand([batch, channels, at.shape[2]]))
  return where(inside.unsqueeze(1), read.reshape([batch, channels, ...column.shape.slice(1)]), 0)
}

/**
 * Images `[batch, channels, h, w]` read at the places of a grid `[batch, oh, ow, 2]`, whose (x, y) go from −1 to 1 over
 * the image: `[batch, channels, oh, ow]`. Jaderberg et al., "Spatial transformer networks" (2015).
 * @param options - `mode` ('bilinear', 'nearest'), `paddingMode` ('zeros', 'border'), `alignCorners` (false)
 * @throws ShapeError where input and grid do not fit together
 * @example
 * nn.gridSample(tensor([[[[1, 3]]]]), tensor([[[[0, 0]]]])) // [[[[2]]]]
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  checkTensor('gridSample', 'input', x)
  checkTensor('gridSample', 'grid', grid, x)
  checkOptions('gridSample', options, { mode: true, paddingMode: true, alignCorners: true })
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options
  if (x.rank !== 4 || grid.rank !== 4 || grid.shape[3] !== 2 || grid.shape[0] !== x.shape[0]) {
    throw new ShapeError(
      `gridSample: the input is [${x.shape.join(',')}], the grid [${grid.shape.join(',')}]: ` +
        'expected [batch, channels, height, width] and [batch, rows, columns, 2]',
    )
  }
  if (!['bilinear', 'nearest'].includes(mode) || !['zeros', 'border'].includes(paddingMode)) {
    throw new ShapeError(
      `gridSample: there is no mode '${mode}' with paddingMode '${paddingMode}': 'bilinear' or 'nearest', 'zeros' or 'border'`,
    )
  }
  const place = (axis: number, n: number): Tensor => {
    const p = grid.index('...', axis).add(1).mul(alignCorners ? (n - 1) / 2 : n / 2)
    const pixel = alignCorners ? p : p.sub(0.5)
    // at the edge itself the gradient is 0, as in PyTorch
    return paddingMode === 'border' ? pixel.hardtanh({ min: 0, max: n - 1 }) : pixel
  }
  const [column, row] = [place(0, x.shape[3]), place(1, x.shape[2])]
  if (mode === 'nearest') return pixelsAt(x, column.round(), row.round())
  const [left, top] = [column.floor(), row.floor()]
  const [right, below] = [column.sub(left), row.sub(top)]
  const part = (dx: number, dy: number): Tensor => {
    const share = (dx ? right : right.neg().add(1)).mul(dy ? below : below.neg().add(1))
    return pixelsAt(x, left.add(dx), top.add(dy)).mul(share.unsqueeze(1))
  }
  return part(0, 0).add(part(1, 0)).add(part(0, 1)).add(part(1, 1))
}
