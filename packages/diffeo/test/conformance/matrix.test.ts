/**
 * @file docs/ops.md: every primitive and function in every dtype on every backend, tried. The test tries some of the
 * dtypes; DIFFEO_OPS=all tries all, DIFFEO_OPS=write tries all and writes the file.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { DType } from '../../src/graph/dtype.ts'
import { records } from '../../src/ops/index.ts'
import { Tensor } from '../../src/tensor/index.ts'
import rows from '../../../../tools/parity/rows.json' with { type: 'json' }
import { dtypes, functionCell, functions, hasNative, primitiveCell, primitives, type Cell } from './support/matrix.ts'

const file = new URL('../../../../docs/ops.md', import.meta.url)
const asked = process.env.DIFFEO_OPS
const tried: readonly DType[] = asked ? dtypes : ['float32', 'int32']

/** One sign where the backends agree. */
function shown(cell: Cell): string {
  const states = new Set(Object.values(cell))
  return states.size === 1 ? [...states][0] : Object.entries(cell).map(([name, s]) => `${name} ${s}`).join('; ')
}

const parity = rows['torch.Tensor'] as unknown as Record<string, { ours?: string }>
const words: Record<string, string> = {
  getitem: 'Tensor.index', setitem: 'Tensor.indexSet', cat: 'concat', embedding: 'Tensor.index', stack: 'stack',
  logsigmoid: 'Tensor.logSigmoid', where: 'where',
}
/** Our name of PyTorch's, and PyTorch's where it is another. */
function title(op: string): string {
  const [space, name] = op.includes('.') ? op.split('.') : ['', op]
  if (space) return `\`${space}.${name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase())}\``
  const camel = op.replace(/_(\w)/g, (_, c: string) => c.toUpperCase())
  const ours = words[op] ?? parity[op]?.ours ?? (camel in Tensor.prototype ? `Tensor.${camel}` : camel)
  return `\`${ours}\`${ours.toLowerCase().endsWith(camel.toLowerCase()) ? '' : ` (${op})`}`
}

type Rows = Map<string, string[]>
const filled = (
  names: readonly string[],
  titleOf: (n: string) => string,
  cellOf: (n: string, d: DType) => Cell,
): Rows => new Map(names.map(n => [titleOf(n), tried.map(d => shown(cellOf(n, d)))]))
const table = (all: Rows): string[] => [
  `| | ${tried.join(' | ')} |`, `|---|${tried.map(() => ':-:').join('|')}|`,
  ...[...all].map(([name, cells]) => `| ${name} | ${cells.join(' | ')} |`),
]

const text = (primitiveRows: Rows, functionRows: Rows): string =>
  [
    '# Ops, dtypes and backends, tried',
    '',
    'Generated: each cell was run on `interp`, `native` and `wasm`, and compared with the interpreter that rounds to the dtype after',
    'each step. `DIFFEO_OPS=write npx vitest run packages/diffeo/test/conformance/matrix.test.ts` writes this file; without it that is a test.',
    '',
    '● forward and backward on all three · ○ forward on all three; there is no gradient (integers, comparisons, positions) ·',
    '– no meaning in the dtype: a `DTypeError` on all three. Where backends differ, each is named.',
    '',
    '## Primitives',
    '',
    'What kernels are made of ([ops/index.ts](../packages/diffeo/src/ops/index.ts)); `cast` and `bitcast` from the dtype.',
    '',
    ...table(primitiveRows),
    '',
    '## Functions',
    '',
    'Methods and functions of tensors, compositions of primitives; integers become float32 where the result is no whole number. In',
    "parentheses PyTorch's name, where it is another.",
    '',
    ...table(functionRows),
    '',
  ].join('\n')

/** The cells of the file's tables, in the dtypes that are tried. */
function written(): Rows {
  const columns = tried.map(d => dtypes.indexOf(d))
  const found = readFileSync(file, 'utf8').split('\n').filter(line => line.startsWith('| `'))
    .map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
  return new Map(found.map(([name, ...cells]) => [name, columns.map(i => cells[i])]))
}

test.skipIf(!hasNative())('docs/ops.md is what comes out', () => {
  const primitiveRows = filled(primitives(), op => `\`${op}\``, (op, d) => primitiveCell(op as never, d))
  const functionRows = filled(functions(), title, functionCell)
  if (asked === 'write') writeFileSync(file, text(primitiveRows, functionRows))
  const all = new Map([...primitiveRows, ...functionRows])
  expect([...all.values()].flat().filter(cell => cell.includes('wrong'))).toEqual([])
  expect(Object.fromEntries(all), 'stale: see the head of docs/ops.md').toEqual(Object.fromEntries(written()))
}, 600_000)

test('the pages say how many primitives there are', () => {
  const page = (name: string): string => readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8')
  const { length } = Object.keys(records)
  expect(page('README.md')).toContain(` ${length} primitives with derivatives`)
  expect(page('docs/internals.md')).toContain(`There are ${length} records`)
})
