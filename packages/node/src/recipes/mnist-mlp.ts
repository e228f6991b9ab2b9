/** @file P7: digits with one hidden layer of 128, 784-128-10: at least 95 % on the 2,000 after 5 epochs. */
import { nn, optim, type Tensor } from 'diffeo'
import { mnist } from '../datasets/mnist.ts'
import { digitFrom, digitSide, digitSteps } from '../images/digit.ts'
import type { Recipe } from './recipe.ts'

// the softmax of the seed is inside the loss: crossEntropy takes logits
export const createModel = (): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(digitSide ** 2, 128), new nn.ReLU(),
  new nn.Linear(128, 10),
)

export const mnistMlpRecipe: Recipe = {
  name: 'mnist-mlp',
  description: 'P7: one hidden layer reads handwritten digits, 784-128-10',
  defaults: { epochs: 5, lr: 1e-3, batchSize: 32, seed: 0, full: false },
  goal: { accuracy: 0.95 },
  inputShape: [1, digitSide, digitSide],
  preprocessing: digitSteps,
  loadData: ({ full }) => mnist({ full }),
  createModel,
  createOptimizer: (model, { lr }) => new optim.Adam(model.parameters(), { lr }),
  readImage: digitFrom,
}
