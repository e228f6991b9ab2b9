/** @file The model of a run, and what it says. */
import { evaluate, load, nn, predict, tensor, type Tensor } from 'diffeo'
import { loadConfig, pathIn, type RunConfig } from './folder.ts'
import { recipeNamed, type Recipe } from '../recipes/index.ts'
import type { ImageSplit } from '../datasets/images.ts'
import type { GrayImage } from '../images/decode.ts'

export type Classifier = nn.Module<[Tensor], Tensor>

export interface LoadedRun { readonly config: RunConfig; readonly recipe: Recipe; readonly model: Classifier }

/** The trained model of a run. @throws DataError if the folder is no run, or a file is damaged */
export async function loadRun(folder: string): Promise<LoadedRun> {
  const config = await loadConfig(folder)
  const recipe = recipeNamed(config.recipe)
  const model = recipe.createModel()
  model.loadStateDict(await load(pathIn(folder, 'model')))
  model.eval()
  return { config, recipe, model }
}

export interface TestResult {
  readonly loss: number
  readonly accuracy: number
  /** How often each true class (row) was taken for each class (column). */
  readonly confusion: readonly (readonly number[])[]
  /** What was said of each example. */
  readonly predicted: Int32Array
  /** The probability that it was given. */
  readonly confidence: Float32Array
}

/** Everything that is to be said of a classifier on a split. */
export async function test(model: Classifier, split: ImageSplit, classes: number): Promise<TestResult> {
  const { loss, accuracy } = await evaluate(model, split.dataset, { loss: nn.crossEntropy, metrics: ['accuracy'] })
  const logits = await predict(model, split.dataset)
  const predicted = Int32Array.from(await logits.argmax(1).data())
  const confidence = Float32Array.from(await logits.softmax(1).max(1).data())
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  split.raw.labels.forEach((label, i) => confusion[label][predicted[i]]++)
  return { loss, accuracy, confusion, predicted, confidence }
}

/** The probability of each class for a picture, and the input that the model saw. */
export async function classify(
  { recipe, model }: LoadedRun,
  image: GrayImage,
): Promise<{ probabilities: Float32Array; input: Float32Array }> {
  const input = recipe.readImage(image)
  const logits = await predict(model, tensor(input, { shape: [1, ...recipe.inputShape] }))
  return { probabilities: Float32Array.from(await logits.softmax(1).data()), input }
}
