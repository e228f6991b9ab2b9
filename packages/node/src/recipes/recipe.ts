/** @file What a recipe is: a program that the command runs, in parts that can be used one by one. */
import type { Tensor, nn, optim, train } from 'diffeo'
import type { ImageClasses } from '../datasets/images.ts'
import type { GrayImage } from '../images/decode.ts'

/** What every recipe can be told. */
export interface RecipeArguments {
  readonly epochs: number
  readonly lr: number
  readonly batchSize: number
  readonly seed: number
  readonly full: boolean
}

/** From the rate at first down to 0 with the last step, along a line. */
export const downToZero = (steps: number): train.Rate => (step, lr) => lr * (1 - step / steps)

/** Classifies small images. */
export interface Recipe {
  /** What it is called on the command line. */
  readonly name: string
  /** One line for `diffeo list`. */
  readonly description: string
  readonly defaults: RecipeArguments
  /** What it must reach on its test data, with its defaults. */
  readonly goal: { readonly accuracy: number }
  /** The shape of one input. */
  readonly inputShape: readonly number[]
  readonly preprocessing: readonly string[]
  loadData(options: { full: boolean }): Promise<ImageClasses>
  createModel(): nn.Module<[Tensor], Tensor>
  createOptimizer(model: nn.Module<[Tensor], Tensor>, args: RecipeArguments): optim.Optimizer<any>
  /** The learning rate over so many steps, where it is not one number. */
  schedule?(steps: number): train.Rate
  /** From a picture of the user to an input, without the batch axis. */
  readImage(image: GrayImage): Float32Array
}
