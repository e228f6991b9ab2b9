/** @file What a training run leaves: a folder with its weights, its checkpoint, what it was, and what happened. */
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DataError } from 'diffeo'
import type { RunConfig } from '../measure.ts'
import { readText, writeWhole } from '../datasets/find.ts'

export const files = {
  model: 'model.safetensors',
  checkpoint: 'checkpoint.safetensors',
  config: 'config.json',
  history: 'history.json',
  test: 'test.json',
  profile: 'profile.json',
  fitted: 'fitted.safetensors',
} as const

export const pathIn = (folder: string, file: keyof typeof files): string => join(folder, files[file])

export const saveConfig = (folder: string, config: RunConfig): Promise<void> =>
  writeWhole(pathIn(folder, 'config'), `${JSON.stringify(config, null, 2)}\n`)

/** @throws DataError if the folder is no run, or its config.json is damaged */
export async function loadConfig(folder: string): Promise<RunConfig> {
  const path = pathIn(folder, 'config')
  if (!await exists(folder)) throw new DataError(`there is no run '${folder}' (looked in ${resolve(folder)})`)
  if (!await exists(path)) throw new DataError(`'${folder}' is no run: it has no ${files.config}`)
  let config: Partial<RunConfig>
  try {
    config = JSON.parse(await readText(path)) as Partial<RunConfig>
  } catch (error) {
    throw error instanceof DataError
      ? error
      : new DataError(`${path} is no valid JSON: ${(error as Error).message}`, { cause: error })
  }
  if (config?.version !== 1)
    throw new DataError(`${path} is of version ${String(config?.version)}; this diffeo reads version 1`)
  if (typeof config.recipe !== 'string' || typeof config.arguments !== 'object' || !Array.isArray(config.classNames)) {
    throw new DataError(`${path} lacks one of recipe, arguments, classNames`)
  }
  return config as RunConfig
}

export const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false)

/** `runs/mnist`, or `runs/mnist-2` and so on where there is one already. */
export async function freeFolder(name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = join('runs', n === 1 ? name : `${name}-${n}`)
    if (!await exists(folder)) return folder
  }
}
