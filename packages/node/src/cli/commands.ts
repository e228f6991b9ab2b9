/** @file `diffeo list`, `evaluate`, `predict` and `doctor`. */
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { findIdx, foldersFor } from '../datasets/find.ts'
import { readGray } from '../images/decode.ts'
import { recipes } from '../recipes/index.ts'
import { exists } from '../run/folder.ts'
import { classify, loadRun, test } from '../run/model.ts'
import { version, versionOf } from '../version.ts'
import { parse, UsageError } from './arguments.ts'
import { deviceLines } from './devices.ts'
import type { Output } from './output.ts'
import { confusionMatrix, draw, percent, probabilityTable, samples } from './report.ts'
import { deviceOptions, setUpDevice } from './train.ts'

export function list(argv: readonly string[], output: Output): number {
  const { words } = parse('list', argv, {})
  if (words.length > 0) throw new UsageError(`diffeo list takes no words, '${words.join(' ')}' was given`)
  const width = Math.max(...recipes.map(r => r.name.length))
  for (const { name, description, goal, defaults } of recipes) {
    output.print(
      `${name.padEnd(width)}  ${description} (${defaults.epochs} epochs, at least ${percent(goal.accuracy)} on test data)`,
    )
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
  const run = await loadRun(folder)
  const data = await run.recipe.loadData({ full: run.config.arguments.full === true })
  output.print(data.description)
  const { accuracy, loss, confusion, predicted } = await test(run.model, data.test, data.classNames.length)
  output.print(`test: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)}\n`)
  output.print(confusionMatrix(confusion, data.classNames))
  output.print('')
  output.print(samples(data.test.raw, predicted, data.classNames, Math.min(output.columns, 120)))
  return 0
}

export async function predict(argv: readonly string[], output: Output): Promise<number> {
  const { words, options } = parse('predict', argv, deviceOptions)
  const [folder, ...images] = words
  if (folder === undefined || images.length === 0) {
    throw new UsageError(
      `diffeo predict takes a run folder and images, ${words.length === 0 ? 'nothing' : `'${words.join(' ')}'`} was given: diffeo predict runs/mnist digit.png`,
    )
  }
  await setUpDevice(options)
  const run = await loadRun(folder)
  const names = run.config.classNames
  const [height, width] = run.recipe.inputShape.slice(-2)
  for (const path of images) {
    const { probabilities, input } = await classify(run, await readGray(path))
    const best = probabilities.indexOf(Math.max(...probabilities))
    output.print(`${path}: ${names[best]} (${percent(probabilities[best])})\n`)
    output.print(probabilityTable(probabilities, names))
    output.print(`\nWhat the model saw:\n${draw(input, width, height).join('\n').trimEnd()}\n`)
  }
  return 0
}

export async function doctor(argv: readonly string[], output: Output): Promise<number> {
  const { words, options } = parse('doctor', argv, deviceOptions)
  if (words.length > 0) throw new UsageError(`diffeo doctor takes no words, '${words.join(' ')}' was given`)
  const line = (name: string, text: string): void => output.print(`${name.padEnd(12)}${text}`)
  line('diffeo', version())
  line('node', `${process.version} (V8 ${process.versions.v8})`)
  line('system', `${platform()} ${release()} ${arch()}`)
  line('processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} threads`)
  line('memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`)
  for (const name of ['koffi', 'sharp', 'mnist']) line(name, versionOf(name) ?? 'not installed')
  for (const name of [
    'DIFFEO_DEVICE',
    'DIFFEO_THREADS',
    'DIFFEO_DATA',
    'DIFFEO_GUARD',
    'DIFFEO_VERIFY',
    'DIFFEO_DEBUG',
  ]) {
    if (process.env[name]) line(name, process.env[name])
  }
  await setUpDevice(options)
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
