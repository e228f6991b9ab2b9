/**
 * @file Mixtures of independent Bernoulli distributions: a density of pictures in black and white, without a network.
 */
import { DataError, full, randperm, slice, type Tensor } from 'diffeo'

/** Added to the count of each pixel, black and white: no pixel that was always black is impossible. */
const smoothing = 1

export interface MixtureOptions {
  /** How many; with 1 the pixels are independent. */
  readonly components: number
  /** Steps of EM; 40. */
  readonly steps?: number
}

/**
 * p(x) = Σₖ πₖ Πᵢ μₖᵢ^xᵢ (1 − μₖᵢ)^(1 − xᵢ), fitted by expectation and maximization (Bishop, "Pattern Recognition and
 * Machine Learning", 2006, §9.3.3).
 */
export class BernoulliMixture {
  /** `[components]` and `[components, pixels]`. */
  readonly #weights: Tensor
  readonly #means: Tensor

  /**
   * @param x - `[examples, pixels]`, 0 and 1
   * @throws DataError where components is no whole number from 1 to the examples
   * @example const density = await BernoulliMixture.fit(xTrain, { components: 50 }); density.logProb(xTest).mean()
   */
  static async fit(x: Tensor, { components, steps = 40 }: MixtureOptions): Promise<BernoulliMixture> {
    const [examples] = x.shape
    if (!Number.isInteger(components) || components < 1 || components > examples)
      throw new DataError(`BernoulliMixture: ${components} components of ${examples} examples`)
    // begins at random examples, halfway to gray
    const chosen = randperm(examples).index(slice(0, components))
    let mixture = new BernoulliMixture(full([components], 1 / components), x.indexSelect(0, chosen).mul(0.5).add(0.25))
    for (let step = 0; step < steps; step++) {
      // how much of each example is each component's
      const shares = mixture.#joint(x).softmax(1)
      const counts = shares.sum(0)
      const on = shares.T.matmul(x)
      const means = on.add(smoothing).div(counts.unsqueeze(1).add(2 * smoothing))
      mixture = new BernoulliMixture(await counts.div(examples).detach().realize(), await means.detach().realize())
    }
    return mixture
  }

  private constructor(weights: Tensor, means: Tensor) {
    this.#weights = weights
    this.#means = means
  }

  /** log πₖ p(x | k) as `[examples, components]`. */
  #joint(x: Tensor): Tensor {
    const [on, off] = [this.#means.log(), this.#means.neg().log1p()]
    return x.matmul(on.sub(off).T).add(off.sum(1)).add(this.#weights.maximum(1e-30).log())
  }
  /** log p(x) of each example, in nats. */
  logProb(x: Tensor): Tensor { return this.#joint(x).logsumexp(1).detach() }
}
