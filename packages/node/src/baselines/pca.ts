/** @file Principal components: the linear mapping to a code of some numbers that keeps the most. */
import { DataError, linalg, randn, type Tensor } from 'diffeo'

/** Far more than are needed to tell components apart whose variances differ by a few per cent. */
const rounds = 50

/** The principal components of data, and what they make of other data. */
export class PCA {
  readonly mean: Tensor
  /** `[features, components]`, orthogonal, in the order of what they explain. */
  readonly components: Tensor
  /** The variance along each. */
  readonly variances: Tensor

  /**
   * The eigenvectors of the covariance with the greatest eigenvalues, found by subspace iteration (Golub & Van Loan,
   * "Matrix Computations", §8.2.4).
   * @param x - `[examples, features]`
   * @param size - components that are kept
   * @example const pca = await PCA.fit(xTrain, 32); const error = pca.reconstruct(xTest).sub(xTest).square().mean()
   */
  static async fit(x: Tensor, size: number): Promise<PCA> {
    const [examples, features] = x.shape
    if (!Number.isInteger(size) || size < 1 || size > features)
      throw new DataError(
        `PCA: ${size} components of ${features} features: expected a whole number from 1 to ${features}`,
      )
    const mean = await x.mean(0).realize()
    const centred = x.sub(mean).cast('float64')
    const covariance = await centred.T.matmul(centred).div(examples - 1).realize()
    let basis = linalg.qr(randn([features, size], { dtype: 'float64' })).Q
    for (let i = 0; i < rounds; i++) basis = await linalg.qr(covariance.matmul(basis)).Q.realize()
    // the eigenvectors within the subspace
    const { eigenvalues, eigenvectors } = linalg.eigh(basis.T.matmul(covariance).matmul(basis))
    const components = basis.matmul(eigenvectors).flip(1).cast(x.dtype).detach()
    return new PCA(mean, await components.realize(), await eigenvalues.flip(0).cast(x.dtype).detach().realize())
  }

  private constructor(mean: Tensor, components: Tensor, variances: Tensor) {
    this.mean = mean
    this.components = components
    this.variances = variances
  }

  /** The codes `[examples, components]`. */
  encode(x: Tensor): Tensor { return x.sub(this.mean).matmul(this.components) }
  decode(codes: Tensor): Tensor { return codes.matmul(this.components.T).add(this.mean) }
  /** What is left of x after it went through a code. */
  reconstruct(x: Tensor): Tensor { return this.decode(this.encode(x)) }
}
