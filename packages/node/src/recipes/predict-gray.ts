/** @file `diffeo predict` of a gray picture of 28×28: of a digit, or a piece of clothing. */
import { predict, tensor, type nn, type Tensor } from 'diffeo'
import { draw, percent, probabilityTable } from '../report/text.ts'
import { readGray, type GrayImage } from '../datasets/decode.ts'
import { clothesFrom } from '../images/clothes.ts'
import { digitFrom } from '../images/digit.ts'
import type { TrainedRun } from './recipe.ts'

type CreateModel = () => nn.Module<[Tensor], Tensor>
type Predict = (path: string, run: TrainedRun) => Promise<void>
const side = 28

/** Prints which class a picture is of, each with its probability, and what the model saw. */
const predictGray =
  (createModel: CreateModel, from: (image: GrayImage) => Float32Array): Predict =>
  async (path, run) => {
    const model = await run.trained(createModel())
    const names = run.config.classNames
    const input = from(await readGray(path))
    const logits = await predict(model, tensor(input, { shape: [1, 1, side, side] }))
    const probabilities = await logits.softmax(1).data()
    const best = probabilities.indexOf(Math.max(...probabilities))
    run.print(`${path}: ${names[best]} (${percent(probabilities[best])})\n`)
    run.print(probabilityTable(probabilities, names))
    run.print(`\nWhat the model saw:\n${draw(input, side, side).join('\n').trimEnd()}\n`)
  }

/** Which digit is in a picture. */
export const predictDigit = (createModel: CreateModel): Predict => predictGray(createModel, digitFrom)
/** Which of Fashion-MNIST's kinds of clothes is in a picture. */
export const predictClothes = (createModel: CreateModel): Predict => predictGray(createModel, clothesFrom)
