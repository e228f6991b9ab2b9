/** @file `diffeo predict` of a picture with a digit. */
import { predict, tensor, type nn, type Tensor } from 'diffeo'
import { draw, percent, probabilityTable } from '../report/text.ts'
import { readGray } from '../datasets/decode.ts'
import { digitFrom, digitSide } from '../images/digit.ts'
import type { TrainedRun } from './recipe.ts'

/** Prints which digit is in a picture, each with its probability, and what the model saw. */
export const predictDigit =
  (createModel: () => nn.Module<[Tensor], Tensor>) =>
  async (path: string, run: TrainedRun): Promise<void> => {
    const model = await run.trained(createModel())
    const names = run.config.classNames
    const input = digitFrom(await readGray(path))
    const logits = await predict(model, tensor(input, { shape: [1, 1, digitSide, digitSide] }))
    const probabilities = await logits.softmax(1).data()
    const best = probabilities.indexOf(Math.max(...probabilities))
    run.print(`${path}: ${names[best]} (${percent(probabilities[best])})\n`)
    run.print(probabilityTable(probabilities, names))
    run.print(`\nWhat the model saw:\n${draw(input, digitSide, digitSide).join('\n').trimEnd()}\n`)
  }
