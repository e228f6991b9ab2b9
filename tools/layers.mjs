/**
 * @file The layering check: which folder may import which, no cycles between files (types included), Node only in the
 * Node entry. There are no exemptions: a new edge is a line in the table, with its reason.
 *
 *   node tools/layers.mjs            prints violations, exits 1 if there are any
 *   node tools/layers.mjs --edges    prints the edges that the tree has
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What stands on tensors sees these and nothing behind them. */
const onTensor = {
  'tensor/index': 'the public API', 'tensor/internal': 'what modules and optimizers need and users do not',
  'graph/dtype': 'facts about dtypes', 'types graph': 'names of types',
}

/**
 * What each layer may import, and why. `types graph` allows `import type` alone; `tensor/index` allows that one file.
 * A layer always may import itself. Layers of a backend are its folder: they do not see each other.
 * @type {Record<string, Record<string, string>>}
 */
export const allowed = {
  util: {},
  expr: { util: 'errors' },
  graph: { expr: 'dtypes are the scalar types of expressions', util: 'errors' },
  ops: {
    graph: 'rules build graphs with its node builders', expr: 'what lowering returns', util: 'errors',
  },
  transform: {
    ops: 'reads the rules of the table', graph: 'walks and builds graphs', util: 'errors',
  },
  tensor: {
    transform: 'grad, vmap, … are thin wrappers', ops: 'installs the table; asks it for shapes',
    graph: 'a tensor is a value around a node', util: 'errors, guards, the caller',
  },
  asm: { util: 'errors' },
  kernel: { expr: 'kernels compute expressions', util: 'errors' },
  // the contract: backend/program.ts and whatever else lies beside the folders
  backend: { kernel: 'a program is a list of kernels', graph: 'dtypes of storages', util: 'errors' },
  schedule: {
    kernel: 'emits kernels for groups', ops: 'lowers by the table', graph: 'groups nodes', expr: 'index expressions',
    'types backend': 'what it makes is a Program', util: 'errors',
    transform: 'batches what leaves a loop: the same mapping for all turns at once',
  },
  'backend/interp': { backend: 'the contract', ops: 'evaluates by the table', graph: 'walks graphs', util: 'errors' },
  'backend/null': { backend: 'the contract', kernel: 'counts from the IR', util: 'errors' },
  'backend/wasm': {
    backend: 'the contract',
    kernel: 'reads the IR',
    asm: 'encodes',
    expr: 'scalar types',
    util: 'errors',
  },
  'backend/native': {
    backend: 'the contract',
    kernel: 'reads the IR',
    asm: 'encodes',
    expr: 'scalar types',
    util: 'errors',
  },
  'backend/webgpu': { backend: 'the contract', kernel: 'reads the IR', expr: 'scalar types', util: 'errors' },
  runtime: {
    schedule: 'composes the pipeline',
    backend: 'the contract',
    'backend/interp': 'the reference is in every build, and has no device',
    'backend/null': 'counts what a mapping would become: in every build, and has no device',
    'types kernel': 'the target',
    ops: 'rounds like the table',
    graph: 'fills in the Executor',
    util: 'errors',
  },
  nn: { ...onTensor, linalg: 'orthogonal weights', util: 'errors, guards' },
  optim: { ...onTensor, nn: 'averages of models', util: 'errors, guards' },
  data: { ...onTensor, util: 'errors, halves in NumPy files', 'fft/index': 'spectrograms' },
  metrics: { ...onTensor, util: 'errors' },
  io: { ...onTensor, util: 'errors' },
  linalg: { ...onTensor, util: 'errors' },
  fft: { ...onTensor, util: 'errors' },
  train: {
    ...onTensor, util: 'errors',
    nn: 'modules', optim: 'optimizers', data: 'loaders', metrics: 'measures', io: 'checkpoints',
  },
  // index.ts: the names that all entries export
  index: {
    'tensor/index': 'the root', 'nn/index': 'a namespace', 'optim/index': 'a namespace', 'data/index': 'a namespace',
    'metrics/index': 'a namespace', 'io/index': 'a namespace', 'linalg/index': 'a namespace',
    'fft/index': 'a namespace', 'train/index': 'fit, evaluate, predict', util: 'errors',
  },
}

/**
 * The same for @diffeo/node, which stands on the library by its name.
 * @type {Record<string, Record<string, string>>}
 */
export const allowedInNode = {
  version: {},
  measure: {},
  datasets: {},
  text: {},
  tensorboard: {},
  bench: {},
  baselines: { datasets: 'fixtures, and the names of days' },
  report: { datasets: 'pictures', measure: 'goals in words' },
  images: { datasets: 'reads files', report: 'draws in the terminal' },
  recipes: { datasets: 'classes of images', measure: 'what they reach', report: 'shows', images: 'reads digits' },
  run: {
    recipes: 'runs them', report: 'writes it', datasets: 'writes files whole', measure: 'keeps it', version: 'keeps it',
  },
  cli: {
    run: 'a command each', recipes: 'lists them', bench: 'runs it', report: 'prints', datasets: 'where data may be',
    version: 'prints it',
  },
  index: {
    baselines: 'a namespace', datasets: 'a namespace', images: 'a namespace', recipes: 'a namespace',
    tensorboard: 'a namespace', text: 'a namespace', run: 'runs recipes', cli: 'the command', measure: 'types',
  },
}

/** Files that stand outside of the layers: the entries, with side effects, and what they name backends in. */
const isEntry = file => /^(index|backends)\.(node|browser)\.ts$/.test(file)
/** Imports of Node and of packages are for these alone; what else needs a package is handed their `require`. */
const mayTouchNode = file => /^(index|backends)\.node\.ts$/.test(file)

const importPattern = new RegExp(
  String.raw`(?:^|\n)[ \t]*(?:import|export)\s+(type\s)?(?:[^'"\x60;]*?\sfrom\s+)?'([^'\n]+)'` // static
  + String.raw`|\bimport\(\s*'([^'\n]+)'`, 'g') // dynamic, and types written import('…')

/** Comments are blanked, so that examples in them are not imports; lines stay where they are. */
const blank = text => text.replace(/\/\*[\s\S]*?\*\//g, comment => comment.replace(/[^\n]/g, ' '))
  .replace(/(^|\s)\/\/[^\n]*/g, (_, before) => before)

/**
 * @typedef {{ file: string, line: number, to: string, typeOnly: boolean, late: boolean }} Import `late`: by import()
 * @param {string} file @param {string} text @returns {Import[]}
 */
export function importsOf(file, text) {
  const code = blank(text)
  return [...code.matchAll(importPattern)].map(m => {
    const line = code.slice(0, m.index + m[0].length).split('\n').length
    // `import { type A, type B } from` is a type import too
    const names = /\{([^}]*)\}/.exec(m[0])?.[1].split(',').map(s => s.trim()).filter(Boolean)
    const namedTypes = !/(?:import|export)\s+\w+\s*,/.test(m[0]) && names !== undefined && names.length > 0
      && names.every(n => n.startsWith('type '))
    return { file, line, to: m[2] ?? m[3], typeOnly: Boolean(m[1]) || namedTypes, late: m[3] !== undefined }
  })
}

/** The layer of a file: its folder, or the backend's. */
export function layerOf(file) {
  const parts = file.split('/')
  if (parts[0] === 'backend') return parts.length > 2 ? `backend/${parts[1]}` : 'backend'
  return parts.length > 1 ? parts[0] : file.replace(/\.ts$/, '')
}

/** @param {Record<string, Record<string, string>>} table */
function mayImport(table, from, toFile, typeOnly) {
  const rules = table[layerOf(from)]
  const to = layerOf(toFile)
  if (!rules || layerOf(from) === to) return Boolean(rules)
  return to in rules || toFile.replace(/\.ts$/, '') in rules || (typeOnly && `types ${to}` in rules)
}

/** Groups of files that import each other in a circle (Tarjan), types included. */
export function cycles(graph) {
  const index = new Map(), low = new Map(), onStack = new Set(), stack = [], found = []
  const visit = v => {
    index.set(v, index.size)
    low.set(v, index.get(v))
    stack.push(v)
    onStack.add(v)
    for (const w of graph.get(v) ?? []) {
      if (!index.has(w)) visit(w)
      if (onStack.has(w)) low.set(v, Math.min(low.get(v), low.get(w)))
    }
    if (low.get(v) !== index.get(v)) return
    const group = stack.splice(stack.indexOf(v))
    for (const w of group) onStack.delete(w)
    if (group.length > 1 || (graph.get(v) ?? []).includes(v)) found.push(group.sort())
  }
  for (const v of graph.keys()) if (!index.has(v)) visit(v)
  return found
}

/** One way round a group of files, to be read by a human. */
function wayRound(group, graph) {
  const inside = new Set(group)
  const start = group[0]
  const queue = [[start]]
  const seen = new Set()
  for (const path of queue) {
    for (const next of graph.get(path.at(-1)) ?? []) {
      if (next === start) return [...path, start].join(' → ')
      if (inside.has(next) && !seen.has(next)) { seen.add(next); queue.push([...path, next]) }
    }
  }
  return group.join(', ')
}

/**
 * Checks one tree of sources.
 * @param {Map<string, string>} sources text by path below src/, with forward slashes
 * @param {Record<string, Record<string, string>>} [table]
 * @param {boolean} [onNode] whether it may import Node and packages anywhere
 * @returns {{ violations: string[], edges: Map<string, number> }}
 */
export function checkLayers(sources, table = allowed, onNode = false) {
  const violations = []
  const graph = new Map()
  const edges = new Map()
  for (const [file, text] of sources) {
    const targets = []
    graph.set(file, targets)
    if (!isEntry(file) && !(layerOf(file) in table))
      violations.push(`${file}: '${layerOf(file)}' is not a layer: give it a line in tools/layers.mjs`)
    if (!onNode && !mayTouchNode(file) && /\bimport\.meta\b/.test(blank(text)))
      violations.push(`${file}: import.meta is for the Node entry alone`)
    for (const { line, to, typeOnly } of importsOf(file, text)) {
      const where = `${file}:${line}`
      if (!to.startsWith('.')) {
        if (!onNode && !mayTouchNode(file) && !typeOnly)
          violations.push(`${where}: '${to}': Node and packages are for the Node entry alone`)
        continue
      }
      const target = posix.normalize(posix.join(posix.dirname(file), to))
      if (!sources.has(target)) { violations.push(`${where}: '${to}' is not there`); continue }
      if (!targets.includes(target)) targets.push(target)
      if (isEntry(file)) continue
      if (layerOf(file) !== layerOf(target))
        count(edges, `${layerOf(file)} → ${typeOnly ? 'types ' : ''}${layerOf(target)}`)
      if (!mayImport(table, file, target, typeOnly)) {
        violations.push(
          `${where}: ${layerOf(file)} may not import ${typeOnly ? 'types of ' : ''}${target}${hint(table, file, target)}`,
        )
      }
    }
  }
  for (const group of cycles(graph)) violations.push(`a cycle of ${group.length} files: ${wayRound(group, graph)}`)
  return { violations, edges }
}

const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1)

function hint(table, file, target) {
  const rules = table[layerOf(file)] ?? {}
  const to = layerOf(target)
  if (`types ${to}` in rules) return ' (types alone)'
  const doors = Object.keys(rules).filter(r => r.startsWith(`${to}/`) && !r.startsWith('backend/')).map(r => `${r}.ts`)
  return doors.length > 0 ? ` (only ${doors.join(' or ')})` : ''
}

/** All sources below a folder. */
export function readSources(root) {
  const files = readdirSync(root, { recursive: true })
    .map(f => f.split(sep).join('/'))
    .filter(f => f.endsWith('.ts'))
    .sort()
  return new Map(files.map(f => [f, readFileSync(join(root, f), 'utf8')]))
}

const repository = join(dirname(fileURLToPath(import.meta.url)), '..')

export function checkRepository() {
  const checked = { diffeo: allowed, node: allowedInNode }
  const all = Object.entries(checked).map(([name, table]) => {
    const { violations, edges } = checkLayers(
      readSources(join(repository, 'packages', name, 'src')), table, name !== 'diffeo')
    return { violations: violations.map(v => `${name}: ${v}`), edges: [...edges].map(([e, n]) => [`${name}: ${e}`, n]) }
  })
  return { violations: all.flatMap(a => a.violations), edges: new Map(all.flatMap(a => a.edges)) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { violations, edges } = checkRepository()
  if (process.argv.includes('--edges'))
    for (const [edge, n] of [...edges].sort()) console.log(`${String(n).padStart(5)}  ${edge}`)
  for (const v of violations) console.error(v)
  console.log(violations.length === 0 ? 'layers: in order' : `layers: ${violations.length} violations`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
