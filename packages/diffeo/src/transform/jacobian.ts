/** @file Jacobians and Hessians: derivatives along every unit vector at once, by batching. */
import { cast, constantLike, equal, iota, permute, placeholder, reshape } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { sizeOf, type Node } from '../graph/node.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import { repeatFront } from '../ops/support/batch.ts'
import { zerosLike } from '../ops/support/rules.ts'
import { tangents } from './jvp.ts'
import { batchNodes } from './vmap.ts'
import { gradients } from './vjp.ts'

/** The unit vectors of the space of `a`: [size, ...shape]. */
function basis(a: Node): Node {
  const n = sizeOf(a.shape)
  return reshape(cast(equal(iota(0, [n, n]), iota(1, [n, n])), a.dtype), [n, ...a.shape])
}

function checkFloat(what: string, nodes: readonly Node[]): void {
  for (const a of nodes)
    if (!isFloat(a.dtype))
      throw new DTypeError(`${what}: ${a.op} is ${a.dtype}[${a.shape}]; derivatives need a float dtype`)
}

/** `results` of a linear map, for every unit vector of `at` in place of the placeholder: [size of at, ...result]. */
function alongBasis(results: readonly (Node | null)[], seed: Node, at: Node): (Node | null)[] {
  const there = results.filter(r => r !== null)
  const mapped = batchNodes(there, new Map([[seed, basis(at)]]), sizeOf(at.shape))
  let next = 0
  return results.map(r => {
    if (!r) return null
    const { node, batched } = mapped[next++]
    return batched ? node : repeatFront(node, sizeOf(at.shape))
  })
}

const stand = (a: Node): Node => placeholder(0, a.shape, a.dtype)

/** d output / d wrt, shaped [...output, ...wrt], by reverse mode: one pass for each element of the output, batched. */
export function jacobian(output: Node, wrt: readonly Node[]): Node[] {
  checkFloat('jacobian', [output, ...wrt])
  const seed = stand(output)
  const rows = alongBasis(gradients([output], [seed], wrt), seed, output)
  return rows.map((r, i) => {
    const shape = [...output.shape, ...wrt[i].shape]
    return r ? reshape(r, shape) : zerosLike({ shape, dtype: wrt[i].dtype })
  })
}

/** The same by forward mode: one pass for each element of wrt; the shorter way where wrt is smaller than the output. */
export function jacobianForward(output: Node, wrt: readonly Node[]): Node[] {
  checkFloat('jacobian', [output, ...wrt])
  return wrt.map((x, i) => {
    const seed = stand(x)
    const [columns] = alongBasis(
      tangents(
        [output],
        wrt,
        wrt.map((_, j) => (i === j ? seed : null)),
      ),
      seed,
      x,
    )
    const shape = [...output.shape, ...x.shape]
    if (!columns) return zerosLike({ shape, dtype: output.dtype })
    return reshape(permute(columns, [...output.shape.map((_, k) => k + 1), 0]), shape)
  })
}

/** d² output / d wrt[i] d wrt[j], shaped [...wrt[i], ...wrt[j]]: forward over reverse. */
export function hessian(output: Node, wrt: readonly Node[]): Node[][] {
  if (sizeOf(output.shape) !== 1)
    throw new ShapeError(`hessian: the output is [${output.shape}]; it must be a scalar, so sum it first`)
  checkFloat('hessian', [output])
  const first = gradients([output], [constantLike(output, 1)], wrt)
  return first.map((g, i) => jacobianForward(g ?? zerosLike(wrt[i]), wrt))
}
