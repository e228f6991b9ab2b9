/** @file `diffeo list`, `evaluate`, `predict` and `doctor`. */
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { DataError } from 'diffeo'
import { findIdx, foldersFor } from '../datasets/find.ts'
import { allRecipes } from '../recipes/index.ts'
import { exists } from '../run/folder.ts'
import { evaluateRun } from '../run/run.ts'
import { loadRun } from '../run/trained.ts'
import { version, versionOf } from '../version.ts'
import { parse, UsageError } from './arguments.ts'
import { cacheLine, deviceLines } from './devices.ts'
import type { Output } from './output.ts'
import { measureLines } from '../report/text.ts'
import { deviceOptions, setUpDevice } from './train.ts'

export async function list(argv: readonly string[], output: Output): Promise<number> {
  const { words } = parse('list', argv, {})
  if (words.length > 0) throw new UsageError(`diffeo list takes no words, '${words.join(' ')}' was given`)
  const recipes = await allRecipes()
  const width = Math.max(...recipes.map(r => r.name.length))
  for (const { name, description, minutes } of recipes) {
    const time = minutes < 1 ? 'less than a minute' : `about ${Math.ceil(minutes)} min`
    output.print(`${name.padEnd(width)}  ${description} (${time})`)
  }
  output.print('\nTrain one with: npx diffeo train NAME')
  return 0
}

export async function evaluate(argv: readonly string[], output: Output): Promise<number> {
  const { words, options } = parse('evaluate', argv, deviceOptions)
  const [folder, ...more] = words
  if (folder === undefined || more.length > 0)
    throw new UsageError(
      `diffeo evaluate takes one run folder, ${words.length} words were given: diffeo evaluate runs/mnist`,
    )
  await setUpDevice(options)
  const { measures, quick } = await evaluateRun(folder, { print: output.print, columns: output.columns })
  output.print('')
  measureLines(measures!, quick).forEach(line => output.print(line))
  return 0
}

export async function predict(argv: readonly string[], output: Output): Promise<number> {
  const { words, options } = parse('predict', argv, deviceOptions)
  const [folder, ...files] = words
  if (folder === undefined || files.length === 0) {
    throw new UsageError(
      `diffeo predict takes a run folder and files, ${words.length === 0 ? 'nothing' : `'${words.join(' ')}'`} was given: diffeo predict runs/mnist digit.png`,
    )
  }
  await setUpDevice(options)
  const run = await loadRun(folder, output.print)
  const { predict: predictFile, name } = run.recipe
  if (!predictFile) throw new UsageError(`a run of '${name}' says nothing of files: diffeo evaluate ${folder}`)
  for (const path of files) {
    if (!await exists(path)) throw new DataError(`there is no file '${path}' (looked in ${resolve(path)})`)
    await predictFile(path, run)
  }
  return 0
}

export async function doctor(argv: readonly string[], output: Output): Promise<number> {
  const { words, options } = parse('doctor', argv, deviceOptions)
  if (words.length > 0) throw new UsageError(`diffeo doctor takes no words, '${words.join(' ')}' was given`)
  const line = (name: string, text: string): void => output.print(`${name.padEnd(14)} ${text}`)
  line('diffeo', version())
  line('node', `${process.version} (V8 ${process.versions.v8})`)
  line('system', `${platform()} ${release()} ${arch()}`)
  line('processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} threads`)
  line('memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`)
  for (const name of ['koffi', 'sharp', 'mnist']) line(name, versionOf(name) ?? 'not installed')
  const set = Object.keys(process.env).filter(name => name.startsWith('DIFFEO_')).sort()
  for (const name of set) line(name, process.env[name]!)
  await setUpDevice(options)
  line('caches', cacheLine() ?? 'not known without native')
  deviceLines().forEach((text, i) => line(i === 0 ? 'devices' : '', text))
  line('data', await dataLine())
  return 0
}

async function dataLine(): Promise<string> {
  const sets = [
    `10,000 digits: ${versionOf('mnist') ? 'there' : 'missing'}`,
    `all of MNIST: ${await findIdx(foldersFor('mnist', undefined)) ? 'there' : 'not here (fetched by --full)'}`,
    `runs: ${await exists('runs') ? 'in ./runs' : 'none here'}`,
  ]
  return sets.join('; ')
}
