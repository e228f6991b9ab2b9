/** @file Running a recipe in a folder that is removed afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recipes, runRecipe, type RunOptions } from '@diffeo/node'

export interface Ran {
  readonly measures: readonly recipes.Measure[]
  readonly lines: readonly string[]
}

/** A recipe with its defaults, but for what is given. `quick` as the command's: a few steps. */
export async function run(
  name: string,
  { quick, ...args }: Partial<recipes.RecipeArguments> & Pick<RunOptions, 'quick'> = {},
): Promise<Ran> {
  const recipe = await recipes.recipeNamed(name)
  const folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  const lines: string[] = []
  try {
    const { measures } = await runRecipe(recipe, { ...recipe.defaults, ...args }, {
      out: folder, quick, print: line => lines.push(line),
    })
    return { measures: measures!, lines }
  } finally {
    await rm(folder, { recursive: true })
  }
}

export const reached = ({ measures }: Ran): boolean => measures.length > 0 && measures.every(recipes.isReached)
