/**
 * @file P1: a convolutional network learns handwritten digits, at least 97.5 % on 2,000 that it has not seen.
 * The command trains the same network: `npx diffeo train mnist`.
 */
import { data, evaluate, fit, nn, optim, seed, train } from 'diffeo'
import { datasets } from '@diffeo/node'

export interface P1Options { epochs?: number; seed?: number; print?: (line: string) => void }

export default async function p1({
  epochs = 5,
  seed: chosen = 0,
  print = console.log,
}: P1Options = {}): Promise<number> {
  const digits = await datasets.mnist()
  print(digits.description)

  seed(chosen)
  const model = new nn.Sequential(
    new nn.Conv2d(1, 32, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Flatten(), new nn.Linear(1600, 128), new nn.ReLU(), new nn.Linear(128, 10),
  )
  print(model.summary([1, 1, 28, 28]))

  const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 })
  const loader = new data.DataLoader(digits.train.dataset, { batchSize: 32, shuffle: true, seed: chosen })
  const steps = epochs * loader.length
  const falling = new train.LearningRateScheduler((step, lr) => lr * (1 - step / steps), { every: 'step' })
  await fit(model, loader, {
    loss: nn.crossEntropy, optimizer, epochs, metrics: ['accuracy'],
    callbacks: [falling, new train.ProgressBar({ write: text => print(text.trimEnd()) })],
  })

  const { accuracy } = await evaluate(model, digits.test.dataset, { metrics: ['accuracy'] })
  print(
    `accuracy on ${digits.test.raw.labels.length} digits: ${(accuracy * 100).toFixed(2)} % (must be at least 97.5 %)`,
  )
  return accuracy
}
