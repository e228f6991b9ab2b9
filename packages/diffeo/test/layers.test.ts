/** @file The tree obeys the layers, and the check would notice if it did not. */
import { describe, expect, test } from 'vitest'
import { allowed, allowedInNode, checkLayers, checkRepository, importsOf } from '../../../tools/layers.mjs'

test('the sources keep to the layers, without cycles', () => {
  expect(checkRepository().violations).toEqual([])
})

test.each([
  ['the library', allowed],
  ['@diffeo/node', allowedInNode],
])('the table of %s has no cycles, and gives every reason', (_, allowed) => {
  const reach = (from: string, seen = new Set<string>()): Set<string> => {
    for (const rule of Object.keys(allowed[from] ?? {})) {
      const to = rule.replace(/^types /, '').replace(/^(?!backend\/)(\w+)\/.*$/, '$1')
      if (!seen.has(to)) reach(to, seen.add(to))
    }
    return seen
  }
  for (const layer of Object.keys(allowed)) {
    expect(reach(layer), layer).not.toContain(layer)
    for (const why of Object.values(allowed[layer])) expect(why.length).toBeGreaterThan(0)
  }
})

const check = (files: Record<string, string>): string[] => checkLayers(new Map(Object.entries(files))).violations

describe('it notices', () => {
  test('an import against the direction', () => {
    expect(check({ 'ops/a.ts': "import { x } from '../tensor/b.ts'\n", 'tensor/b.ts': 'export const x = 1\n' }))
      .toEqual(['ops/a.ts:1: ops may not import tensor/b.ts'])
  })
  test('an import behind the public API', () => {
    expect(check({ 'nn/a.ts': "\nimport { x } from '../tensor/b.ts'\n", 'tensor/b.ts': 'export const x = 1\n' }))
      .toEqual(['nn/a.ts:2: nn may not import tensor/b.ts (only tensor/index.ts or tensor/internal.ts)'])
  })
  test('a value where types are allowed', () => {
    const node = 'export const isFloat = true\nexport type DType = string\n'
    expect(check({ 'nn/a.ts': "import type { DType } from '../graph/node.ts'\n", 'graph/node.ts': node })).toEqual([])
    expect(check({ 'nn/a.ts': "import { type DType } from '../graph/node.ts'\n", 'graph/node.ts': node })).toEqual([])
    expect(check({ 'nn/a.ts': "import { isFloat, type DType } from '../graph/node.ts'\n", 'graph/node.ts': node }))
      .toEqual(['nn/a.ts:1: nn may not import graph/node.ts (types alone)'])
  })
  test('cycles, of types too, and re-exports', () => {
    expect(check({ 'util/a.ts': "export * from './b.ts'\n", 'util/b.ts': "import type { A } from './a.ts'\n" }))
      .toEqual(['a cycle of 2 files: util/a.ts → util/b.ts → util/a.ts'])
  })
  test('Node and packages outside of the Node entry', () => {
    expect(check({ 'io/a.ts': "import { open } from 'node:fs'\n", 'index.node.ts': "import 'node:fs'\n" }))
      .toEqual(["io/a.ts:1: 'node:fs': Node and packages are for the Node entry alone"])
    expect(check({ 'util/a.ts': 'export const here = import.meta.url\n' })).toHaveLength(1)
  })
  test('a backend named by anything but an entry', () => {
    const files = { 'backend/wasm/a.ts': 'export {}\n', 'index.node.ts': "import './backend/wasm/a.ts'\n" }
    expect(check({ ...files, 'runtime/b.ts': "import '../backend/wasm/a.ts'\n" })).toHaveLength(1)
    expect(check(files)).toEqual([])
  })
  test('a folder without a place', () => {
    expect(check({ 'zoo/a.ts': 'export {}\n' })).toEqual([
      "zoo/a.ts: 'zoo' is not a layer: give it a line in tools/layers.mjs",
    ])
  })
})

test('imports are found in all their forms, and in no comment', () => {
  const found = importsOf(
    'a.ts',
    [
      "import './one.ts'",
      'import {',
      '  two,',
      "} from './two.ts'",
      "export * from './three.ts'",
      "// import './no.ts'",
      "/* import './no.ts' */ type T = import('./four.ts').T",
      "await import('./five.ts')",
    ].join('\n'),
  )
  expect(found.map(i => [i.to, i.line])).toEqual([
    ['./one.ts', 1],
    ['./two.ts', 4],
    ['./three.ts', 5],
    ['./four.ts', 7],
    ['./five.ts', 8],
  ])
})
