/** @file A run as one HTML page: how it was made, how it went, what it gets wrong, where its time goes. */
import { join } from 'node:path'
import type { train } from 'diffeo'
import { writeWhole } from '../datasets/find.ts'
import {
  clock, readRun, stepsOf, summaryOf, type ProfileRecord, type RunRecord, type TestRecord,
} from './results.ts'
import { goalText, stateText, valueText } from '../report/text.ts'
import { chart, type Line } from '../report/chart.ts'
import { escape, page, section, table } from '../report/html.ts'

/**
 * Writes `report.html` into a run's folder, from the files that are there: a page without scripts that needs no
 * network.
 * @param folder - of `runRecipe`, or of any `fit(…, { run })`
 * @returns its path
 * @throws DataError if the folder is no run, or a file in it is damaged
 * @example const path = await writeReport('runs/mnist')
 */
export async function writeReport(folder: string): Promise<string> {
  const path = join(folder, 'report.html')
  await writeWhole(path, reportOf(await readRun(folder)))
  return path
}

/** The page of a run. */
export function reportOf(run: RunRecord): string {
  const { config, test, profile } = run
  const summary = summaryOf(run)
  const names = config?.classNames ?? []
  return page(`${summary.name}: ${summary.recipe === '—' ? 'a training run' : summary.recipe}`, [
    section('Run', table([], facts(run))),
    section('Reached', reached(run)),
    section('Curves', each(run, curves)),
    test ? section('Confusion matrix', matrix(test, names)) : '',
    test ? section('Worst mistakes', mistakes(test)) : '',
    profile ? section('Kernels', kernels(profile)) : '',
    section('Epochs', each(run, epochs)),
  ].join('\n'))
}

const number = (x: number): string =>
  Number.isInteger(x) ? x.toLocaleString('en-US') : String(Number(x.toPrecision(5)))
const percent = (x: number): string => `${(x * 100).toFixed(2)} %`

function facts(run: RunRecord): string[][] {
  const { config, trainings, test } = run
  const { state, seconds, epochs: passes, quick } = summaryOf(run)
  const reason = trainings.map(t => t.history.reason).findLast(r => r)
  const rows: [string, string | undefined][] = [
    ['state', [quick ? `${state}, quick: a few steps only` : state, reason].filter(Boolean).join(': ')],
    [
      'test',
      test
        ? `accuracy ${percent(test.accuracy)}, loss ${number(test.loss)}, on ${number(test.examples)} examples`
        : undefined,
    ],
    ['duration', `${clock(seconds)} in ${passes} epochs, ${number(stepsOf(run))} steps`],
    ['begun', config?.created],
    ['data', config?.data],
    ['inputs', config?.preprocessing.join(', ')],
    ['arguments', Object.entries(config?.arguments ?? {}).map(([k, v]) => `${k} ${v}`).join(', ')],
    ['diffeo', config?.diffeo],
  ]
  return rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '')
}

function reached({ config }: RunRecord): string {
  const measures = config?.measures ?? []
  if (measures.length === 0) return ''
  const rows = measures.flatMap(m => [
    [m.name, valueText(m.value, m.unit), goalText(m) && `${goalText(m)}: ${stateText(m, config!.quick)}`],
    ...Object.entries(m.baselines ?? {}).map(([name, value]) => [`beside it, ${name}`, valueText(value, m.unit), '']),
  ])
  return table(['what', 'value', 'goal'], rows)
}

/** What is shown of each model's training, under its name where there are several. */
const each = ({ trainings }: RunRecord, show: (records: readonly train.EpochRecord[]) => string): string =>
  trainings.map(({ name, history }) => {
    const shown = show(history.epochs)
    return shown && name ? `<h3>${escape(name)}</h3>${shown}` : shown
  }).join('')

/** A chart for each number of the epochs, with that of validation in it. */
function curves(records: readonly train.EpochRecord[]): string {
  const names = [...new Set(records.flatMap(r => Object.keys(r)))].filter(n => !['epoch', 'seconds'].includes(n))
  const baseOf = (name: string): string => name.replace(/^val([A-Z])/, (_, c: string) => c.toLowerCase())
  const lineOf = (name: string): Line => ({
    name: baseOf(name) === name ? name : `${baseOf(name)} (validation)`,
    points: records.filter(r => name in r).map(r => [r.epoch, r[name]] as const),
  })
  const charts = [...new Set(names.map(baseOf))].map(base => {
    const drawn = chart(base, names.filter(n => baseOf(n) === base).map(lineOf))
    return drawn && `<div><h3>${escape(base)}</h3>${drawn}</div>`
  })
  return charts.join('') && `<div class="charts">${charts.join('')}</div>`
}

function matrix({ confusion }: TestRecord, names: readonly string[]): string {
  const name = (i: number): string => escape(names[i] ?? String(i))
  const rows = confusion.map((row, i) => {
    const total = row.reduce((a, b) => a + b, 0)
    const cells = row.map((n, j) => {
      const share = total > 0 ? n / total : 0
      // a share of one in a hundred is to be seen
      const colour = `${i === j ? '58 143 77' : '209 98 43'} / ${(0.12 + 0.6 * Math.sqrt(share)).toFixed(2)}`
      const tint = n === 0 ? '' : ` style="background:rgb(${colour})"`
      return `<td${tint} title="${name(i)}, taken for ${name(j)}">${n}</td>`
    })
    return `<tr><th>${name(i)}</th>${cells.join('')}<td>${total > 0 ? percent(row[i] / total) : '—'}</td></tr>`
  })
  const head = `<tr><th>true ↓ said →</th>${confusion.map((_, j) => `<th>${name(j)}</th>`).join('')}<th>found</th></tr>`
  return `<table class="matrix">${head}${rows.join('')}</table>`
}

const mistakes = (test: TestRecord): string => test.mistakes.map(({ index, is, said, probability, png }) =>
  `<figure><img alt="test image ${Number(index)}" src="data:image/png;base64,${escape(png)}">`
  + `<figcaption>${escape(said)} (${percent(probability)}), but it is ${escape(is)}</figcaption></figure>`).join('')

function kernels({ kernels: found, ms, kernelMs, steps }: ProfileRecord): string {
  const rows = found.map(k => [
    k.name,
    k.about,
    k.calls,
    k.ms.toFixed(2),
    percent(k.ms / kernelMs),
    k.roofline === null ? '—' : percent(k.roofline),
  ])
  return `<p>${steps} steps of training took ${ms.toFixed(1)} ms, ${kernelMs.toFixed(1)} ms of it in kernels.</p>`
    + table(['kernel', 'result', 'calls', 'ms', 'share', 'of roofline'], rows)
}

function epochs(records: readonly train.EpochRecord[]): string {
  const columns = [...new Set(records.flatMap(r => Object.keys(r)))]
  return records.length > 0
    ? table(columns, records.map(r => columns.map(c => (c in r ? number(r[c]) : ''))), 'numbers')
    : ''
}
