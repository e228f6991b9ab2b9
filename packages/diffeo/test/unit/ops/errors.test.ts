/** @file Bad graphs throw when they are written, and say which primitive, what was asked and what was found. */
import { expect, test } from 'vitest'
import * as b from '../../../src/graph/build.ts'
import type { DType } from '../../../src/graph/dtype.ts'
import type { Node, Shape } from '../../../src/graph/node.ts'
import '../../../src/ops/index.ts'
import { DTypeError, ShapeError } from '../../../src/util/errors.ts'

const x = (shape: Shape, dtype: DType = 'float32'): Node => b.placeholder(0, shape, dtype)

test.each<[string, () => Node, typeof ShapeError | typeof DTypeError, RegExp]>([
  ['shapes', () => b.add(x([2]), x([3])), ShapeError, /^add .*float32\[2\] and float32\[3\]/],
  ['dtypes', () => b.add(x([2]), x([2], 'int32')), DTypeError, /^add .*float32\[2\] and int32\[2\]/],
  ['bool sums', () => b.add(x([2], 'bool'), x([2], 'bool')), DTypeError, /^add takes numeric dtypes, got bool\[2\]/],
  ['float bits', () => b.binary('and', x([2]), x([2])), DTypeError, /^and takes bool and integer dtypes/],
  ['float idiv', () => b.binary('idiv', x([2]), x([2])), DTypeError, /^idiv takes integer dtypes/],
  ['integer exp', () => b.unary('exp', x([2], 'int32')), DTypeError, /^exp takes float dtypes, got int32\[2\]/],
  ['condition', () => b.where(x([2]), x([2]), x([2])), DTypeError, /^where takes a condition of dtype bool/],
  ['condition shape', () => b.where(x([1], 'bool'), x([2]), x([2])), ShapeError, /^where/],
  ['bitcast width', () => b.bitcast(x([2]), 'uint8'), DTypeError, /^bitcast takes float32\[2\].*uint8/],
  ['bitcast bool', () => b.bitcast(x([2], 'uint8'), 'bool'), DTypeError, /^bitcast/],
  ['reshape', () => b.reshape(x([2, 3]), [4]),
    ShapeError, /^reshape: float32\[2, 3\] has 6 elements.*\[4\] asks for 4/],
  ['negative size', () => b.reshape(x([2, 3]), [-1]), ShapeError, /^reshape: \[-1\] is not a shape/],
  ['expand', () => b.expand(x([2]), [4]), ShapeError, /^expand: float32\[2\] does not repeat to \[4\]/],
  ['expand rank', () => b.expand(x([1]), [4, 1]), ShapeError, /^expand/],
  ['permute', () => b.permute(x([2, 3]), [1, 1]), ShapeError, /^permute: axes \[1, 1\] repeat/],
  ['permute rank', () => b.permute(x([2, 3]), [1]), ShapeError, /^permute: perm has 1 entries for the 2 axes/],
  ['slice', () => b.slice(x([3]), [1], [4]), ShapeError, /^slice: 1:4:1 does not lie in axis 0 of float32\[3\]/],
  ['slice backwards', () => b.slice(x([3]), [2], [1]), ShapeError, /^slice/],
  ['pad', () => b.pad(x([3]), [[-2, -2]]), ShapeError, /^pad: \[-2, -2\]/],
  ['flip', () => b.flip(x([3]), [1]), ShapeError, /^flip: axis 1 is not an axis of float32\[3\]/],
  ['concat', () => b.concat([x([2, 3]), x([2, 4])], 0), ShapeError, /^concat: float32\[2, 3\] and float32\[2, 4\]/],
  ['concat dtypes', () => b.concat([x([2]), x([2], 'int32')], 0), DTypeError, /^concat/],
  ['max of nothing', () => b.reduce('max', x([2, 0]), [1]),
    ShapeError, /^reduce max of float32\[2, 0\] over axis 1, which is empty/],
  ['sum of bool', () => b.sum(x([2], 'bool'), [0]), DTypeError, /^reduce add takes numeric dtypes/],
  ['axis', () => b.sum(x([2]), [-1]), ShapeError, /^reduce add: axis -1/],
  ['argmax of nothing', () => b.apply('argReduce', [x([0])], { combine: 'max', axis: 0 }),
    ShapeError, /^argReduce max/],
  ['gather dtype', () => b.gather(x([3]), x([1]), 0), DTypeError, /^gather takes an index of dtype int32/],
  ['gather shape', () => b.gather(x([3, 2]), x([1, 3], 'int32'), 0),
    ShapeError, /^gather on axis 0 of float32\[3, 2\]/],
  ['scatter shape', () => b.scatter(x([3]), x([2], 'int32'), x([3]), 0, 'set'),
    ShapeError, /^scatter .*\[2\], got float32\[3\]/],
  ['slice too large', () => b.apply('dynamicSlice', [x([3]), x([], 'int32')], { size: [4] }),
    ShapeError, /^dynamicSlice: .*\[4\]/],
  ['starts', () => b.apply('dynamicSlice', [x([3])], { size: [2] }),
    ShapeError, /^dynamicSlice takes one start an axis/],
  ['start dtype', () => b.apply('dynamicUpdate', [x([3]), x([2]), x([])], {}),
    DTypeError, /^dynamicUpdate takes starts of dtype int32/],
  ['update too large', () => b.apply('dynamicUpdate', [x([3]), x([4]), x([], 'int32')], {}),
    ShapeError, /^dynamicUpdate: an update/],
  ['scalar sort', () => b.apply('argSort', [x([])], {}), ShapeError, /^argSort/],
  ['bool iota', () => b.iota(0, [2], 'bool'), DTypeError, /^iota/],
  ['key', () => b.apply('randomBits', [x([2]), x([2], 'uint32')], {}, { shape: [2] }),
    DTypeError, /^randomBits takes key/],
  ['cumulative bool', () => b.apply('cumulative', [x([2], 'bool')], { combine: 'max', axis: 0, reverse: false }),
    DTypeError, /^cumulative/],
])('%s', (_name, write, kind, message) => {
  expect(write).toThrow(kind)
  expect(write).toThrow(message)
})
