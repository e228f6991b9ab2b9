/** @file Looks for what rows of the parity table lack: our name for a name of PyTorch's, and a test that has it. */
import { readFileSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { unproven } from './evidence.mjs'

const snake = name => name.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`)
const camel = name => name.replace(/_+$/, '').replace(/_+(\w)/g, (_, c) => c.toUpperCase())

/** Where a name of a part may be here, best first. */
const places = {
  'torch.nn': n => [`nn.${n}`, n],
  'torch.nn.functional': n => [`nn.${n}`, `Tensor.${n}`, n],
  'torch.nn.init': n => [`nn.init.${n}`],
  'torch.nn.utils': n => [`nn.${n}`, `optim.${n}`, `nn.utils.${n}`, n],
  'torch.optim': n => [`optim.${n}`],
  'torch.optim.lr_scheduler': n => [`optim.${n}`],
  'torch.linalg': n => [`linalg.${n}`, `Tensor.${n}`, n],
  'torch.fft': n => [`fft.${n}`],
  'torch.special': n => [`special.${n}`, n, `Tensor.${n}`, `nn.${n}`],
  'torch.func': n => [n, `nn.${n}`],
  'torch.Tensor': n => [`Tensor.${n}`, n, `linalg.${n}`, `fft.${n}`, `special.${n}`, `nn.${n}`],
}

/** Values computed by PyTorch first, then tests of the part, then any. */
const order = [
  'reference/fixtures/',
  'unit/tensor/',
  'unit/linalg',
  'unit/fft',
  'unit/nn/',
  'unit/optim/',
  'reference/',
  'unit/',
]
const rank = file => {
  const i = order.findIndex(o => file.startsWith(o))
  return i < 0 ? order.length : i
}

function testFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .map(f => f.split(sep).join('/'))
    .filter(
      f =>
        /\.(test\.ts|json)$/.test(f) ||
        /unit\/(tensor\/(function-calls|fixtures)|ops\/cases\/\w+)\.ts$|layers\/table\/\w+\.ts$/.test(f),
    )
    .filter(f => !/parity/.test(f))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(f => [f, readFileSync(join(folder, f), 'utf8')])
}

/** Texts that show a test of it: in fixtures by name, in code as a call. */
function traces(name, path, exports) {
  const last = path.split('.').at(-1)
  const names = [...new Set([name, last, snake(last), ...twins(path, exports)])]
  const quoted = names.flatMap(n => [`"op":"${n}"`, `"torch":"${n}"`, `"layer":"${n}"`, `"name":"${n}:`])
  if (path.startsWith('Tensor.')) return { quoted, called: [`.${last}(`], read: [`.${last}`] }
  const twin = twins(path, exports).map(n => `nn.${n}(`)
  const called = [`${path}(`, `.${last}(`, ` ${last}(`, `(${last}(`, `[${last}(`, ...twin]
  return { quoted, called, read: [`${path},`, `${path}<`, `${path} `, `of('${last}'`, `'${last}'`, ` ${last},`] }
}

/** The layer of a function, which calls it, and the function of a loss's class: groupNorm and GroupNorm. */
function twins(path, exports) {
  const [space, name] = path.split('.')
  if (space !== 'nn' || !name) return []
  const bare = name.toLowerCase()
  return Object.keys(exports.nn).filter(n => n !== name && n.toLowerCase() === bare)
}

function testOf(name, path, files, exports) {
  const { quoted, called, read } = traces(name, path, exports)
  const proves = (file, text) => t =>
    text.includes(t) && !unproven(name, { ours: path, test: [file, t] }, text, exports)
  for (const [file, text] of files) {
    const found = (file.endsWith('.json') ? quoted : called).find(proves(file, text))
    if (found) return [file, found]
  }
  for (const [file, text] of files) {
    const found = file.endsWith('.json') ? undefined : read.find(proves(file, text))
    if (found) return [file, found]
  }
  return undefined
}

export function discover({ names, excluded, rows }, { exports, tests, resolves, exclusion }) {
  const files = testFiles(tests)
  const holds = (name, row) => {
    const [, all = null] = files.find(([file]) => file === row.test[0]) ?? []
    return !unproven(name, row, all, exports)
  }
  const one = (part, name, row) => {
    if (row && 'no' in row && !row.ours) return row
    const given = row?.ours && resolves(exports, row.ours) ? row.ours : undefined
    const path = given ?? places[part](camel(name)).find(p => resolves(exports, p))
    if (path === undefined) return row && 'no' in row ? row : { no: 'not written yet' }
    const test = row?.test && row.ours === path && holds(name, row) ? row.test : testOf(name, path, files, exports)
    return test
      ? { ours: path, test, ...(row?.note ? { note: row.note } : {}) }
      : { no: `${path} has no test yet`, ours: path }
  }
  return Object.fromEntries(
    Object.entries(names).map(([part, all]) => [
      part,
      Object.fromEntries(
        all
          .filter(name => exclusion(excluded, part, name) === undefined)
          .map(name => [name, one(part, name, rows[part]?.[name])]),
      ),
    ]),
  )
}
