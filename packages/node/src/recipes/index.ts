/** @file The recipes of the command. */
import { DataError } from 'diffeo'
import type { Recipe } from './recipe.ts'
export { isReached, type Measure } from '../measure.ts'

export {
  recipe,
  type DataDescription,
  type Fitted,
  type ImageClassifier,
  type Recipe,
  type RecipeArguments,
  type RecipeContext,
} from './recipe.ts'
export { predictDigit } from './predict-digit.ts'

/** Each is a file in `examples/`, in the order in which a learner may read them. */
export const recipeNames = [
  'by-hand', 'chain-rule', 'mnist-mlp', 'mnist', 'fashion-mnist', 'cifar10',
  'photo-or-drawing', 'transfer',
  'spam', 'char-gpt', 'seq2seq', 'spoken-digits',
  'regression', 'tabular-classification', 'forecasting', 'anomaly', 'autoencoder', 'variational-autoencoder',
] as const

/** @throws DataError, naming those there are */
export async function recipeNamed(name: string): Promise<Recipe> {
  if (!(recipeNames as readonly string[]).includes(name))
    throw new DataError(`there is no recipe '${name}'; there are ${recipeNames.join(', ')}`)
  const module = (await import(`@diffeo/node/examples/${name}.js`)) as { default: Recipe }
  return module.default
}

export const allRecipes = (): Promise<Recipe[]> => Promise.all(recipeNames.map(recipeNamed))
