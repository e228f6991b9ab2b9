/** @file Orthogonal weights. Lezcano Casado, "Trivializations for gradient-based optimization on manifolds" (2019). */
import { geqrf, householderProduct, matrixExp, qr, solve } from '../../linalg/index.ts'
import { Buffer, concat, eye, randn, stopGradient, where, zerosLike, type Tensor } from '../../tensor/index.ts'
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { Module, type AnyModule } from '../module.ts'
import { placeOf } from './computed.ts'
import { registerParametrization } from './parametrize.ts'

export type OrthogonalMap = 'matrix_exp' | 'cayley' | 'householder'
export interface OrthogonalOptions {
  /** How an orthogonal matrix is made ('matrix_exp' of square ones, else 'householder'). */
  orthogonalMap?: OrthogonalMap | null
  /** Whether it is a product with the weight at first, near which the map is well behaved (true). */
  useTrivialization?: boolean
}
const maps: readonly string[] = ['matrix_exp', 'cayley', 'householder']

const isWide = (x: Tensor): boolean => x.shape[x.rank - 2] < x.shape[x.rank - 1]
/** What `f` makes of the tall one of a matrix and its transpose. */
const asTall = (x: Tensor, f: (x: Tensor) => Tensor): Tensor =>
  isWide(x) ? f(x.transpose(-1, -2)).transpose(-1, -2) : f(x)
const diagonalOf = (x: Tensor): Tensor => x.diagonal(0, -2, -1)

/** Q of A = QR with a positive diagonal of R. */
function orthogonalized(a: Tensor): Tensor {
  const { Q, R } = qr(a)
  return Q.mul(where(diagonalOf(R).lt(0), -1, 1).unsqueeze(-2))
}

/** e^A or (I − A/2)⁻¹(I + A/2) of the skew A whose lower triangle is X's; as many columns as X has. */
function fromSkew(x: Tensor, map: OrthogonalMap): Tensor {
  const [n, k] = x.shape.slice(-2)
  const low = x.tril().pad([...x.shape.slice(0, -1).map((): [number, number] => [0, 0]), [0, n - k]])
  const skew = low.sub(low.transpose(-1, -2))
  const one = eye(n, { dtype: x.dtype, device: x.device })
  const q = map === 'matrix_exp' ? matrixExp(skew) : solve(one.sub(skew.mul(0.5)), one.add(skew.mul(0.5)))
  return q.split([k, n - k], -1)[0]
}

/** The product of the reflections below X's diagonal, its columns times the signs on the diagonal. */
function fromReflections(x: Tensor): Tensor {
  const below = x.tril(-1)
  const tau = below.square().sum(-2).add(1).reciprocal().mul(2)
  const signs = stopGradient(diagonalOf(x)).trunc()
  return householderProduct(below, tau).mul(signs.unsqueeze(-2))
}

class Orthogonal extends Module<[Tensor]> {
  readonly map: OrthogonalMap
  readonly base: Buffer | null

  constructor(weight: Tensor, map: OrthogonalMap, useTrivialization: boolean) {
    super()
    this.map = map
    this.base = useTrivialization ? new Buffer(baseOf(weight), { name: 'Orthogonal.base' }) : null
  }

  override forward(x: Tensor): Tensor {
    const { base, map } = this
    return asTall(x, tall => {
      const q = map === 'householder' ? fromReflections(tall) : fromSkew(tall, map)
      return base ? base.matmul(q) : q
    })
  }
  /** With a base: what gives the identity, −1 on the diagonal. Of reflections alone: those of the weight. */
  rightInverse(weight: Tensor): Tensor {
    const identity = (x: Tensor): Tensor => {
      const [rows, columns] = x.shape.slice(-2)
      return eye(rows, columns, { dtype: x.dtype, device: x.device })
    }
    if (this.base) return zerosLike(weight).sub(identity(weight))
    if (this.map !== 'householder') return weight
    return asTall(weight, tall => {
      const { a, tau } = geqrf(tall)
      const r = diagonalOf(a)
      // the diagonal holds signs: that of R, turned where there is no reflection
      const signs = r.sign().mul(where(tau.eq(0), -1, 1))
      return a.sub(identity(a).mul(r.sub(signs).unsqueeze(-2)))
    })
  }
}

/** The weight as a square orthogonal matrix, with random columns where it is tall. */
function baseOf(weight: Tensor): Tensor {
  const tall = isWide(weight) ? weight.transpose(-1, -2) : weight
  const [n, k] = tall.shape.slice(-2)
  if (n === k) return orthogonalized(tall)
  const more = randn([...tall.shape.slice(0, -1), n - k], { dtype: weight.dtype, device: weight.device })
  return orthogonalized(concat([tall, more], -1))
}

/**
 * The parameter becomes a matrix with orthonormal columns (rows, where it is wide), from one without constraints:
 * `parametrizations.weight.original` and `parametrizations.weight.0.base` in state dicts.
 *
 * @param module - a layer
 * @param name - of its parameter ('weight'), `[..., n, k]`
 * @param options - `orthogonalMap` ('matrix_exp' of square matrices, else 'householder'; 'cayley'), `useTrivialization`
 * (true)
 * @throws ShapeError unless it has two axes or more
 * @example
 * const layer = nn.utils.parametrizations.orthogonal(new nn.Linear(20, 40))
 * layer.weight.T.matmul(layer.weight).sub(eye(20)).abs().max().lt(1e-4) // true
 */
export function orthogonal<M extends AnyModule>(module: M, name = 'weight', options: OrthogonalOptions = {}): M {
  checkOptions('orthogonal', options, { orthogonalMap: true, useTrivialization: true })
  const { leaf, name: own } = placeOf('orthogonal', module, name)
  if (leaf.rank < 2)
    throw new ShapeError(`orthogonal: '${name}' is [${leaf.shape.join(',')}]: expected a matrix, or a batch of them`)
  const map = options.orthogonalMap ?? (leaf.shape.at(-1) === leaf.shape.at(-2) ? 'matrix_exp' : 'householder')
  if (!maps.includes(map))
    throw new DiffeoError(`orthogonal: there is no map '${String(map)}': ${maps.map(m => `'${m}'`).join(', ')}`)
  return registerParametrization(module, own, new Orthogonal(leaf.detach(), map, options.useTrivialization ?? true))
}
