/** @file Baselines of tables: against what can be computed otherwise. */
import { describe, expect, test } from 'vitest'
import { data, DataError, linalg, nn, rand, randn, seed, tensor, type Tensor } from 'diffeo'
import { baselines, datasets } from '@diffeo/node'

const close = async (a: Tensor, b: Tensor, tolerance = 1e-4): Promise<void> => {
  expect(a.shape).toEqual(b.shape)
  expect(await a.sub(b).abs().max().item()).toBeLessThan(tolerance)
}

describe('ridge regression', () => {
  test('without a penalty: the line through points', async () => {
    const x = tensor([[0], [1], [2], [3]])
    await close(baselines.ridge(x, x.mul(3).add(7), 0)(tensor([[10]])), tensor([[37]]))
  })
  test('of one feature: the slope is Σxy / (Σx² + λ), the constant is free', async () => {
    // x and y about their means 1 and 100: Σxy = 4, Σx² = 2
    const predict = baselines.ridge(tensor([[0], [1], [2]]), tensor([[98], [100], [102]]), 2)
    await close(predict(tensor([[1], [3]])), tensor([[100], [102]]))
  })
  test('the penalty that foretells best in cross-validation is taken', async () => {
    seed(0)
    const x = randn([40, 5])
    const y = x.matmul(tensor([[1], [2], [0], [0], [-1]]))
    const found = await baselines.tunedRidge(x, y, [0.01, 1e6])
    await close(found(x), baselines.ridge(x, y, 0.01)(x))
  })
  test('a penalty below 0 is an error', () => {
    expect(() => baselines.ridge(tensor([[1]]), tensor([[1]]), -1)).toThrow(DataError)
  })
})

describe('logistic regression of several classes', () => {
  test('its gradient is 0: no step makes the penalized loss less', async () => {
    seed(1)
    const x = randn([60, 3])
    const labels = x.matmul(randn([3, 3])).argmax(1)
    const logits = baselines.softmaxRegression(x, labels, { classes: 3, c: 0.5 })
    // the function is linear: its weights are what it makes of unit vectors
    const bias = logits(tensor([[0, 0, 0]]))
    const weights = logits(tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1]])).sub(bias)
    const loss = (w: Tensor): Promise<number> =>
      nn
        .crossEntropy(x.matmul(w).add(bias), labels, { reduction: 'sum' })
        .mul(0.5)
        .add(w.square().sum().mul(0.5))
        .item()
    const least = await loss(weights)
    for (let i = 0; i < 5; i++) expect(await loss(weights.add(randn([3, 3]).mul(0.05)))).toBeGreaterThan(least)
  })
  test('tells apart what a line separates', async () => {
    const x = tensor([[-2, 0], [-1, 1], [1, 0], [2, 1]])
    const classes = baselines.softmaxRegression(x, tensor(Int32Array.of(0, 0, 1, 1)), { classes: 2 })(x).argmax(1)
    expect(await classes.array()).toEqual([0, 0, 1, 1])
  })
  test('c must be above 0', () => {
    expect(() => baselines.softmaxRegression(tensor([[1]]), tensor(Int32Array.of(0)), { classes: 2, c: 0 })).toThrow(
      DataError,
    )
  })
})

describe('principal components', () => {
  test('are what the singular values say: error, variances, directions', async () => {
    seed(2)
    const x = randn([50, 4]).mul(tensor([5, 2, 1, 0.2])).matmul(randn([4, 6])).add(3)
    const pca = await baselines.PCA.fit(x, 2)
    const { S } = linalg.svd(x.sub(x.mean(0)))
    const [first, second, ...left] = await S.data()
    await close(pca.variances, tensor([first ** 2 / 49, second ** 2 / 49]), 1e-2)
    await close(pca.components.T.matmul(pca.components), tensor([[1, 0], [0, 1]]))
    const error = await pca.reconstruct(x).sub(x).square().sum().item()
    expect(error).toBeCloseTo(left.reduce((a, s) => a + s ** 2, 0), 1)
    await close(pca.encode(pca.mean.unsqueeze(0)), tensor([[0, 0]]))
  })
  test.each([0, 7, 1.5])('%s components of 6 features are an error', async size => {
    await expect(baselines.PCA.fit(randn([5, 6]), size)).rejects.toThrow(DataError)
  })
})

describe('distances', () => {
  test('to the nearest: the mean of so many, of more rows than are compared at once', async () => {
    const known = tensor([[0, 0], [3, 4], [0, 10]])
    const x = tensor([[0, 0], [0, 9]])
    await close(await baselines.neighbourDistance(known, x, 1), tensor([0, 1]))
    await close(await baselines.neighbourDistance(known, x, 2), tensor([2.5, (1 + Math.sqrt(34)) / 2]))
    await close(await baselines.neighbourDistance(known, x.repeatInterleave(300, 0), 1),
      tensor([0, 1]).repeatInterleave(300), 1e-2)
    await expect(baselines.neighbourDistance(known, x, 4)).rejects.toThrow(DataError)
  })
  test('Mahalanobis: of independent features that of their deviations', async () => {
    const known = tensor([[-1, 0], [1, 0], [0, -10], [0, 10]])
    // variances 2/3 and 200/3, and a thousandth of their mean
    const ridge = (2 / 3 + 200 / 3) / 2000
    await close(
      baselines.mahalanobis(known, tensor([[1, 0], [0, 10]])),
      tensor([1 / (2 / 3 + ridge), 100 / (200 / 3 + ridge)]), 1e-3,
    )
  })
})

describe('a mixture of Bernoulli distributions', () => {
  /** All 8 pictures of three pixels. */
  const all = tensor([...Array(8).keys()].map(i => [i & 1, (i >> 1) & 1, (i >> 2) & 1]))

  test('is a density: its probabilities add up to 1', async () => {
    seed(3)
    const mixture = await baselines.BernoulliMixture.fit(rand([100, 3]).lt(0.3).cast('float32'), { components: 4 })
    expect(await mixture.logProb(all).exp().sum().item()).toBeCloseTo(1, 4)
  })
  test('of one component: independent pixels', async () => {
    const mixture = await baselines.BernoulliMixture.fit(tensor([[1, 0, 1], [1, 1, 0]]), { components: 1 })
    // (2 + 1)/(2 + 2), (1 + 1)/(2 + 2), the same
    await close(mixture.logProb(tensor([[1, 0, 0]])).exp(), tensor([0.75 * 0.5 * 0.5]))
  })
  test('two kinds of pictures are better told by two components', async () => {
    seed(4)
    const kinds = tensor([[1, 1, 1], [0, 0, 0]]).repeatInterleave(50, 0)
    const logProb = async (components: number): Promise<number> =>
      (await baselines.BernoulliMixture.fit(kinds, { components })).logProb(kinds).mean().item()
    expect(await logProb(1)).toBeCloseTo(3 * Math.log(0.5), 3)
    expect(await logProb(2)).toBeGreaterThan(Math.log(0.5) - 0.1)
  })
  test('more components than examples are an error', async () => {
    await expect(baselines.BernoulliMixture.fit(all, { components: 9 })).rejects.toThrow(DataError)
  })
})

describe("scikit-learn's numbers", () => {
  test.each(['diabetes', 'breast-cancer', 'wine', 'digits'])('%s: on the splits that the recipes make', async name => {
    const count = { diabetes: 442, 'breast-cancer': 569, wine: 178, digits: 1797 }[name]!
    const splits = await baselines.scikitLearnSplits(name)
    expect(splits.length).toBeGreaterThanOrEqual(3)
    for (const split of splits) {
      const all = Array.from({ length: count }, (_, i) => i)
      const [, test] = data.trainTestSplit(all, { testSize: name === 'diabetes' ? 0.2 : 0.25, seed: split.seed })
      expect(split.test).toEqual(test)
    }
  })
  test('of a set that was not measured: an error', async () => {
    await expect(baselines.scikitLearnSplits('iris')).rejects.toThrow(DataError)
    expect(datasets.scikitLearnNames).toContain('iris')
  })
})
