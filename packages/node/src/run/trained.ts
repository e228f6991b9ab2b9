/** @file The models of a run that is over. */
import { DataError, load, save, type Tensor, type train } from 'diffeo'
import { join } from 'node:path'
import { recipeNamed } from '../recipes/index.ts'
import type { Fitted, TrainedRun } from '../recipes/recipe.ts'
import { exists, files, loadConfig, pathIn } from './folder.ts'

/** @throws DataError if the folder is no run, or a file in it is damaged */
export async function loadRun(folder: string, print: (line: string) => void = console.log): Promise<TrainedRun> {
  const config = await loadConfig(folder)
  const recipe = await recipeNamed(config.recipe)
  return {
    folder, config, recipe, print,
    trained: (model, name) => loadWeights(model, modelFolder(folder, name)),
    fitted: name => loadFitted(folder, name),
  }
}

/** One file for all: `tokenizer/vocabulary` is the vocabulary of what is named tokenizer. */
export async function keepFitted(folder: string, fitted: Readonly<Record<string, Fitted>>): Promise<void> {
  const states = Object.entries(fitted).flatMap(([name, what]) =>
    Object.entries(what.stateDict()).map(([key, value]) => [`${name}/${key}`, value] as const))
  await save(pathIn(folder, 'fitted'), Object.fromEntries(states))
}

async function loadFitted(folder: string, name: string): Promise<Record<string, Tensor>> {
  const path = pathIn(folder, 'fitted')
  const all = (await exists(path)) ? await load(path) : {}
  const own = Object.entries(all).filter(([key]) => key.startsWith(`${name}/`))
  if (own.length > 0) return Object.fromEntries(own.map(([key, value]) => [key.slice(name.length + 1), value]))
  const names = [...new Set(Object.keys(all).map(key => key.split('/')[0]))]
  throw new DataError(
    `'${folder}' keeps nothing fitted by the name of '${name}'; it keeps ${names.join(', ') || 'nothing'}`,
  )
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
