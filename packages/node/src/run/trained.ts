/** @file The models of a run that is over. */
import { DataError, load, type train } from 'diffeo'
import { join } from 'node:path'
import { recipeNamed, type Recipe } from '../recipes/index.ts'
import { files, loadConfig, type RunConfig } from './folder.ts'

export interface TrainedRun {
  readonly folder: string
  readonly config: RunConfig
  readonly recipe: Recipe
  readonly print: (line: string) => void
  /**
   * Gives a model the weights of the run. @param name of the model, where the recipe trains several
   * @throws DataError if there are none, or they are damaged
   */
  trained<M extends train.Model>(model: M, name?: string): Promise<M>
}

/** @throws DataError if the folder is no run, or a file in it is damaged */
export async function loadRun(folder: string, print: (line: string) => void = console.log): Promise<TrainedRun> {
  const config = await loadConfig(folder)
  const recipe = await recipeNamed(config.recipe)
  return { folder, config, recipe, print, trained: (model, name) => loadWeights(model, modelFolder(folder, name)) }
}

/** Where a model of a run is. @throws DataError for a name that would lead out of it */
export function modelFolder(run: string, name?: string): string {
  if (name !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new DataError(`train: name is '${name}'; it must be made of small letters, digits and -`)
  return name === undefined ? run : join(run, name)
}

export async function loadWeights<M extends train.Model>(model: M, folder: string): Promise<M> {
  model.loadStateDict(await load(join(folder, files.model)))
  model.eval()
  return model
}
