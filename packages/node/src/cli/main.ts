/** @file The command `diffeo`. */
import { DiffeoError } from 'diffeo'
import { nearest, UsageError } from './arguments.ts'
import { bench } from './bench.ts'
import { doctor, evaluate, list, predict } from './commands.ts'
import { help } from './help.ts'
import { processOutput, type Output } from './output.ts'
import { report, runs } from './runs.ts'
import { train } from './train.ts'
import { MissingData } from '../datasets/missing.ts'
import { isTraining } from '../run/context.ts'
import { version } from '../version.ts'

type Run = (argv: readonly string[], output: Output, signal: AbortSignal) => number | Promise<number>
const commands: Readonly<Record<string, Run>> = { train, list, evaluate, predict, runs, report, bench, doctor, help }

/**
 * Runs a command line.
 * @returns the exit code: 0, 1 for an error, 2 for wrong arguments, 3 for data that is not here, 130 after a stop
 */
export async function main(
  argv: readonly string[],
  output: Output = processOutput(),
  signal?: AbortSignal,
): Promise<number> {
  const stop = signal ? { signal, off: () => {} } : onInterrupt(output)
  try {
    return await dispatch(argv, output, stop.signal)
  } catch (error) {
    if (!(error instanceof DiffeoError)) throw error
    output.complain(`diffeo: ${error.message}`)
    if (process.env.DIFFEO_DEBUG) output.complain(error.stack ?? '')
    return error instanceof UsageError ? 2 : error instanceof MissingData ? 3 : 1
  } finally {
    stop.off()
  }
}

async function dispatch(argv: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h') return help([], output)
  if (name === '--version' || name === '-v') {
    output.print(version())
    return 0
  }
  if (!Object.hasOwn(commands, name)) {
    const near = nearest(name, Object.keys(commands))
    throw new UsageError(
      `there is no command '${name}'${near ? ` (did you mean ${near}?)` : ''}; there are ${Object.keys(commands).join(', ')}`,
    )
  }
  if (name !== 'help' && (rest.includes('--help') || rest.includes('-h'))) return help([name], output)
  return commands[name](rest, output, signal)
}

/** The first Ctrl-C asks training to stop, the second one quits. */
function onInterrupt(output: Output): { signal: AbortSignal; off: () => void } {
  const controller = new AbortController()
  const interrupt = (): void => {
    // outside of training nothing looks at the signal, and nothing is lost
    if (controller.signal.aborted || !isTraining()) process.exit(130)
    controller.abort('Ctrl-C')
    output.complain('\nstopping after this step and writing a checkpoint; Ctrl-C again quits at once')
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    off: () => {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    },
  }
}
