/** @file `diffeo runs` and `diffeo report`. */
import { writeReport } from '../run/report.ts'
import { clock, isRun, listRuns, type Summary } from '../run/results.ts'
import { parse, UsageError } from './arguments.ts'
import type { Output } from './output.ts'
import { percent, valueText } from '../report/text.ts'

const isShare = (name: string): boolean => /acc|precision|recall|f1/i.test(name)
const shown = ({ metric, more }: Summary): string => {
  if (metric === null) return '—'
  const { name, value, unit } = metric
  const text = unit !== undefined ? valueText(value, unit) : isShare(name) ? percent(value) : value.toPrecision(4)
  return `${name} ${text}${more > 0 ? ` (and ${more} more)` : ''}`
}

export async function runs(argv: readonly string[], output: Output): Promise<number> {
  const { words } = parse('runs', argv, {})
  if (words.length > 1)
    throw new UsageError(`diffeo runs takes one folder of runs, ${words.length} words were given: ${words.join(' ')}`)
  const [folder = 'runs'] = words
  const { runs: found, damaged } = await listRuns(folder)
  if (found.length > 0) {
    const head = ['run', 'recipe', 'begun', 'epochs', 'time', 'state', 'result']
    const rows = found.map(r => [
      r.name,
      r.recipe,
      r.created.slice(0, 16).replace('T', ' ') || '—',
      String(r.epochs),
      clock(r.seconds),
      r.quick ? `${r.state}, quick` : r.state,
      shown(r),
    ])
    const widths = head.map((h, i) => Math.max(h.length, ...rows.map(r => r[i].length)))
    for (const row of [head, ...rows]) output.print(row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd())
  } else if (await isRun(folder)) {
    output.print(`'${folder}' is itself a run. Its report: npx diffeo report ${folder}`)
  } else if (damaged.length === 0) {
    output.print(`There are no runs in '${folder}'. To make one: npx diffeo train mnist`)
  }
  for (const reason of damaged) output.complain(`diffeo: ${reason}`)
  return damaged.length > 0 ? 1 : 0
}

export async function report(argv: readonly string[], output: Output): Promise<number> {
  const { words } = parse('report', argv, {})
  const [folder, ...more] = words
  if (folder === undefined || more.length > 0)
    throw new UsageError(
      `diffeo report takes one run folder, ${words.length} words were given: diffeo report runs/mnist`,
    )
  output.print(`The report is in ${await writeReport(folder)}`)
  return 0
}
