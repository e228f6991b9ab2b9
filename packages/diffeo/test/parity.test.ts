/** @file The table of what is here of PyTorch: each yes has its export and its test, and the file is as generated. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as diffeo from '../src/index.node.ts'
import { audit, document, exclusion, readData, render, resolves } from '../../../tools/parity.mjs'

const data = readData()

test('every row holds, and docs/parity.md is what they make', () => {
  const { parts, problems } = audit(data, diffeo)
  expect(problems).toEqual([])
  expect(readFileSync(document, 'utf8') === render(data, parts), 'stale: node tools/parity.mjs --write').toBe(true)
})

describe('a row that is not so is found', () => {
  const faultsOf = (row: object | undefined): string[] =>
    audit({ names: { 'torch.nn': ['Linear'] }, excluded: {}, rows: { 'torch.nn': row ? { Linear: row } : {} } }, diffeo)
      .problems
  const good = ['reference/fixtures/layers.json', '"layer":"Linear"']
  test.each<[string, object | undefined, RegExp]>([
    ['no row', undefined, /there is no row/],
    ['no such export', { ours: 'nn.Lineal', test: good }, /the library has no nn\.Lineal/],
    ['no test', { ours: 'nn.Linear' }, /nn\.Linear has no test/],
    ['no such file', { ours: 'nn.Linear', test: ['none.ts', 'x'] }, /none\.ts is not there/],
    ['no such text', { ours: 'nn.Linear', test: [good[0], '"layer":"Lineal"'] }, /does not contain/],
    ['a case of another', { ours: 'nn.Linear', test: [good[0], '"layer":"Conv2d"'] }, /is no case of nn\.Linear/],
    ['in a title alone', { ours: 'nn.linear', test: ['unit/optim/schedules.test.ts', 'linear, '] }, /has no code/],
    ['another object', { ours: 'Tensor.trace', test: ['runtime/profile.test.ts', '.trace('] }, /no test of tensors/],
    ['no reason', { no: '' }, /the reason is missing/],
  ])('%s', (_, row, message) => {
    const found = faultsOf(row)
    expect(found.length).toBe(1)
    expect(found[0]).toMatch(message)
  })
  test('a true one is not', () => { expect(faultsOf({ ours: 'nn.Linear', test: good })).toEqual([]) })
  test('names and instances resolve, others do not', () => {
    const ok = ['nn.Linear', 'Tensor.add', 'Tensor.T', 'nn.init.zeros', 'compile', 'Tensor.shape']
    expect(ok.filter(path => !resolves(diffeo, path))).toEqual([])
    expect(['nn.linearr', 'Tensor.plus', 'add.add.add', 'Tensor.add.x'].filter(path => resolves(diffeo, path))).toEqual(
      [],
    )
  })
  test('a name is left out by itself or by its pattern', () => {
    const excluded = { p: [{ why: 'a', pattern: '_$' }, { why: 'b', names: ['x'] }] }
    expect(['y_', 'x', 'y'].map(name => exclusion(excluded, 'p', name))).toEqual(['a', 'b', undefined])
  })
})
