/** @file `summary`: a table of modules, shapes and parameter counts; and the check that every parameter is found. */
import { Parameter, Tensor, zeros, type DType } from '../tensor/index.ts'
import { cellsBehind } from '../tensor/internal.ts'
import { dtypeBytes } from '../graph/dtype.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import type { Called } from './calls.ts'
import { isBranch, isLeaf, leafSlots, slotsOf } from './tree.ts'

/** What is needed of a module here. */
interface Summarized extends Called {
  readonly training: boolean
  forward(...inputs: any[]): unknown
  modules(): Summarized[]
  namedModules(): [string, Summarized][]
  parameters(): Parameter[]
  train(mode?: boolean): unknown
  onForward(hook: (module: any, inputs: any, output: any) => void): () => void
}

export interface SummaryOptions {
  /** Of the input: 'int32' for ids. */
  dtype?: DType
}

/** All tensors in a result: a tensor, or arrays and objects of them. */
export function tensorsIn(x: unknown): Tensor[] {
  if (x instanceof Tensor) return [x]
  if (Array.isArray(x)) return x.flatMap(tensorsIn)
  return typeof x === 'object' && x !== null ? Object.values(x).flatMap(tensorsIn) : []
}

/**
 * Throws if `outputs`, computed by the module's forward, read a parameter that the module does not know of: it would be
 * neither trained nor saved.
 */
export function checkRegistered(module: Summarized, outputs: readonly Tensor[]): void {
  const known = new Set(leafSlots(module).map(s => s.value.cell))
  const hidden = [...cellsBehind(outputs)].filter(cell => !known.has(cell))
  if (hidden.length === 0) return
  const names = hidden.map(cell => `${cell.name || 'one without a name'} [${cell.shape.join(',')}]`)
  throw new DataError(
    `${module.describe()}: forward reads parameters that parameters() does not find: ${names.join(', ')}. ` +
      'They would be neither trained nor saved. Keep them, or the module that has them, in an own property that is not #private.',
  )
}

const shapeText = (x: unknown): string => tensorsIn(x).map(t => `[${t.shape.join(', ')}]`).join(' ')
const count = (parameters: readonly Parameter[]): number => parameters.reduce((n, p) => n + p.size, 0)
const grouped = (n: number): string => n.toLocaleString('en-US')
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`

/** Runs `forward` on zeros in evaluation mode; the shapes of each module's output by module. Only graphs are made. */
function traceShapes(model: Summarized, inputs: readonly Tensor[]): Map<Summarized, string> {
  const shapes = new Map<Summarized, string>()
  const modules = model.modules()
  const modes = modules.map(m => m.training)
  const stops = modules.map(m => m.onForward((_, __, output) => { shapes.set(m, shapeText(output)) }))
  try {
    model.train(false)
    checkRegistered(model, tensorsIn(model.forward(...inputs)))
  } finally {
    for (const stop of stops) stop()
    // from the outside in: train() sets what is below too
    modules.forEach((m, i) => m.train(modes[i]))
  }
  return shapes
}

const isList = (shape: readonly unknown[]): shape is readonly (readonly number[])[] => Array.isArray(shape[0])

export function summarize(
  model: Summarized,
  inputShape: readonly number[] | readonly (readonly number[])[],
  options: SummaryOptions = {},
): string {
  checkOptions('summary', options, { dtype: true })
  const { dtype = 'float32' } = options
  const shapes = isList(inputShape) ? inputShape : [inputShape]
  // of what is there: layers may make their parameters when they run
  const leaves = model.modules().flatMap(m => slotsOf(m)).map(s => s.value)
  const device = leaves.find(isLeaf)?.device
  const outputs = traceShapes(
    model,
    shapes.map(s => zeros(s, { dtype, device })),
  )
  const rows = model
    .namedModules()
    .filter(([path]) => path !== '')
    .map(([path, m]) => {
      const own = slotsOf(m).flatMap(s => (!isBranch(s.value) && s.value instanceof Parameter ? [s.value] : []))
      return [
        `${'  '.repeat(path.split('.').length - 1)}${path}`,
        m.describe(),
        outputs.get(m) ?? '',
        own.length > 0 ? grouped(count(own)) : '',
      ]
    })
  const top = [model.constructor.name, '', outputs.get(model) ?? '', '']
  const parameters = model.parameters()
  const all = count(parameters)
  const frozen = count(parameters.filter(p => p.frozen))
  const bytes = parameters.reduce((n, p) => n + p.size * dtypeBytes[p.dtype], 0)
  const parts = `${grouped(all - frozen)} trained, ${grouped(frozen)} frozen`
  const total = `${grouped(all)} parameters (${parts}), ${mebibytes(bytes)}`
  return `${table([['Module', '', 'Output', 'Parameters'], top, ...rows])}\n${total}`
}

/** Columns padded to one width, the last to the right; a rule below the first row. */
function table(rows: readonly string[][]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map(r => r[i].length)))
  const lines = rows.map(r =>
    r
      .map((cell, i) => (i === 3 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd(),
  )
  const rule = '─'.repeat(widths.reduce((a, b) => a + b + 2, -2))
  return [lines[0], rule, ...lines.slice(1), rule].join('\n')
}
