/** @file `diffeo bench`. */
import { constants } from 'node:fs'
import { access, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { device } from 'diffeo'
import { heading, line, peakLine, record, svg } from '../bench/report.ts'
import { peers } from '../bench/peer.ts'
import { names, sit, type Figure } from '../bench/suite.ts'
import { version } from '../version.ts'
import { nearest, parse, UsageError, type Options } from './arguments.ts'
import { deviceLine } from './devices.ts'
import type { Output } from './output.ts'
import { setUpDevice } from './train.ts'

export const benchOptions = {
  device: { type: 'text', value: 'NAME', choices: ['cpu', 'native', 'wasm'], help: 'where to compute' },
  threads: { type: 'text', value: 'N[,N]', help: 'threads to compute with, one table after the other (1)' },
  seconds: { type: 'positive', value: 'S', help: 'how long each side repeats a workload (2)' },
  rounds: { type: 'count', value: 'N', help: 'turns that the seconds are divided into (5)' },
  peer: {
    type: 'text',
    value: 'NAME',
    choices: Object.keys(peers),
    help: 'another library, timed in turn; bench/peers says how to install it',
  },
  profile: { type: 'flag', help: 'the kernels of each workload, the slowest first' },
  trace: { type: 'text', value: 'FILE', help: 'writes a time line of the last workload, for chrome://tracing' },
  svg: { type: 'text', value: 'FILE', help: 'draws the figures' },
  json: { type: 'flag', help: 'prints one JSON object a figure in place of the table' },
} as const satisfies Options

/** The names asked for; `gemm` means every `gemm-…`. */
function chosen(words: readonly string[]): readonly string[] {
  for (const word of words) {
    if (names.some(n => n === word || n.startsWith(`${word}-`))) continue
    const near = nearest(word, names)
    throw new UsageError(
      `there is no workload '${word}'${near ? ` (did you mean ${near}?)` : ''}; there are ${names.join(', ')}`,
    )
  }
  return words.length === 0 ? names : names.filter(n => words.some(word => n === word || n.startsWith(`${word}-`)))
}

function threadCounts(given = '1'): number[] {
  return given.split(',').map(part => {
    const n = Number(part)
    if (!/^\d+$/.test(part) || n < 1 || n > mostThreads)
      throw new UsageError(
        `--threads is '${given}'; it must be whole numbers from 1 to ${mostThreads}, with commas between: 1,2`,
      )
    return n
  })
}
const mostThreads = 256

/** What is written at the end can be: that is asked before minutes are spent. */
async function checkWritable(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return
  await access(dirname(file), constants.W_OK).catch((error: Error) => {
    throw new UsageError(`--${option} is '${file}', which cannot be written: ${error.message}`)
  })
}

export async function bench(argv: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  const { words, options } = parse('bench', argv, benchOptions)
  const [wanted, threads] = [chosen(words), threadCounts(options.threads)]
  await checkWritable('trace', options.trace)
  await checkWritable('svg', options.svg)
  await setUpDevice({ device: options.device })
  const figures: Figure[] = []
  const show = (text: string): void => {
    if (!options.json) output.print(text)
  }
  show(
    `diffeo ${version()} ${deviceLine()}; Node ${process.version}; ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
  )
  await sit({
    names: wanted, device: device(), threads, signal,
    seconds: options.seconds ?? 2, rounds: options.rounds ?? 5, peer: options.peer,
    onPeaks: (peaks, n) => {
      show(`\n${peakLine(peaks, n)}\n${heading(options.peer !== undefined)}`)
    },
    onFigure: figure => {
      figures.push(figure)
      output.print(options.json ? JSON.stringify(record(figure)) : line(figure))
      if (options.profile && figure.profile) show(`\n${String(figure.profile)}\n`)
    },
  })
  const last = figures.findLast(f => f.profile)?.profile
  if (options.trace !== undefined && last) await writeFile(options.trace, last.trace())
  else if (options.trace !== undefined) show(`\nno time line: no kernels of ${wanted.join(', ')} were timed`)
  if (options.svg !== undefined) await writeFile(options.svg, svg(figures))
  return signal.aborted ? 130 : 0
}
