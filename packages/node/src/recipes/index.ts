/** @file The recipes of the command. */
import { DataError } from 'diffeo'
import { mnistMlpRecipe } from './mnist-mlp.ts'
import { mnistRecipe } from './mnist.ts'
import type { Recipe } from './recipe.ts'

export type { Recipe, RecipeArguments } from './recipe.ts'
export { mnistMlpRecipe, mnistRecipe }

export const recipes: readonly Recipe[] = [mnistRecipe, mnistMlpRecipe]

/** @throws DataError, naming those there are */
export function recipeNamed(name: string): Recipe {
  const found = recipes.find(r => r.name === name)
  if (!found) throw new DataError(`there is no recipe '${name}'; there are ${recipes.map(r => r.name).join(', ')}`)
  return found
}
