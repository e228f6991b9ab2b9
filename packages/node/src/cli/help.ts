/** @file `diffeo help`. */
import { UsageError, type Options } from './arguments.ts'
import { benchOptions } from './bench.ts'
import type { Output } from './output.ts'
import { deviceOptions, trainOptions } from './train.ts'

interface Command { readonly usage: string; readonly about: string; readonly options: Options }

export const commandHelp: Readonly<Record<string, Command>> = {
  train: {
    usage: 'train NAME [options]',
    about: 'train a recipe, or that of a file (./mine.js); Ctrl-C stops it cleanly',
    options: trainOptions,
  },
  list: { usage: 'list', about: 'the recipes there are', options: {} },
  evaluate: { usage: 'evaluate RUN', about: 'test the model of a run', options: deviceOptions },
  predict: {
    usage: 'predict RUN FILE…',
    about: 'what the model says of a file: which digit is in a picture, …',
    options: deviceOptions,
  },
  runs: { usage: 'runs [FOLDER]', about: 'the runs there are, and how they ended', options: {} },
  report: { usage: 'report RUN', about: 'a page about a run: curves, confusion, mistakes', options: {} },
  bench: { usage: 'bench [WORKLOAD…]', about: 'how fast this machine is, and against others', options: benchOptions },
  doctor: { usage: 'doctor', about: 'what this machine offers: devices, threads, data', options: deviceOptions },
  help: { usage: 'help [COMMAND]', about: 'this page, or that of a command', options: {} },
}

export function help([name]: readonly string[], output: Output): number {
  if (name === undefined) {
    output.print('diffeo: deep learning in TypeScript, compiled to machine code\n')
    for (const { usage, about } of Object.values(commandHelp)) output.print(`  diffeo ${usage.padEnd(22)}${about}`)
    output.print(`\nTo begin: npx diffeo train mnist`)
    return 0
  }
  if (!Object.hasOwn(commandHelp, name))
    throw new UsageError(`there is no command '${name}'; there are ${Object.keys(commandHelp).join(', ')}`)
  const { usage, about, options } = commandHelp[name]
  output.print(`diffeo ${usage}: ${about}`)
  const width = Math.max(0, ...Object.entries(options).map(([n, o]) => n.length + (o.value?.length ?? 0) + 1))
  for (const [option, { value = '', help: text }] of Object.entries(options))
    output.print(`  --${`${option} ${value}`.padEnd(width)}  ${text}`)
  return 0
}
