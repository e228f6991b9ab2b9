/** @file The recipes of the command. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DataError } from 'diffeo'
import type { Recipe } from './recipe.ts'

export { isReached, type Measure } from '../measure.ts'
export {
  ownArguments,
  recipe,
  type DataDescription,
  type Fitted,
  type ImageClassifier,
  type Recipe,
  type RecipeArguments,
  type RecipeContext,
} from './recipe.ts'
export { predictClothes, predictDigit } from './predict-gray.ts'

/** Each is a file in `examples/`, in the order in which a learner may read them. */
export const recipeNames = [
  'by-hand', 'chain-rule', 'mnist-mlp', 'mnist', 'fashion-mnist', 'cifar10',
  'photo-or-drawing', 'transfer',
  'spam', 'char-gpt', 'seq2seq', 'spoken-digits',
  'regression', 'tabular-classification', 'forecasting', 'anomaly', 'autoencoder', 'variational-autoencoder',
] as const

/**
 * @param name of one of the above, or a file with one of your own as its default export: 'mine.js'
 * @throws DataError, naming those there are, or what is wrong with the file
 */
export async function recipeNamed(name: string): Promise<Recipe> {
  if (isRecipeFile(name)) return recipeOf(name)
  if (!isRecipe(name))
    throw new DataError(`there is no recipe '${name}'; there are ${recipeNames.join(', ')}`)
  const module = (await import(`@diffeo/node/examples/${name}.js`)) as { default: Recipe }
  return module.default
}

/** Whether it names a file, and not one of the above. */
export const isRecipeFile = (name: string): boolean => /\.[cm]?[jt]s$/.test(name)
/** Whether it names either. */
export const isRecipe = (name: string): boolean =>
  isRecipeFile(name) || (recipeNames as readonly string[]).includes(name)

async function recipeOf(path: string): Promise<Recipe> {
  const file = resolve(path)
  if (!existsSync(file)) throw new DataError(`there is no file '${path}' (looked in ${file})`)
  const module = await import(pathToFileURL(file).href).catch((error: NodeJS.ErrnoException) => {
    const unread = error.code === 'ERR_UNKNOWN_FILE_EXTENSION'
    throw new DataError(
      `${path} cannot be loaded: ${unread ? `Node ${process.versions.node} reads no TypeScript (22.18 does): compile it first` : error.message}`,
      { cause: error })
  }) as { default?: Partial<Recipe> }
  const recipe = module.default
  if (typeof recipe?.run !== 'function' || typeof recipe.name !== 'string' || !Array.isArray(recipe.takes))
    throw new DataError(`${path} is no recipe: it must end in 'export default recipes.recipe({ name, run, … })'`)
  return { ...(recipe as Recipe), file }
}

export const allRecipes = (): Promise<Recipe[]> => Promise.all(recipeNames.map(recipeNamed))
