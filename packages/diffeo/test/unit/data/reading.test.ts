/** @file Tables: their rows, splits of them, how CSV files are read; and what `describe` says of files. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { randn, tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const text = 'city,rooms,price,new\nRome,3,10,true\nOslo,,20,False\nRome,5,30,TRUE\nOslo,2,,false\nRome,1,5,true\n'
const table = data.parseCsv(text)
/** What TypeScript would refuse. */
const js = (x: unknown): any => x

describe('rows of a table', () => {
  test('the first, those that are wanted, those without gaps, by their numbers', () => {
    expect(table.head(2).strings('city')).toEqual(['Rome', 'Oslo'])
    expect([table.head().length, table.head(99).length, table.head(0).length]).toEqual([5, 5, 0])
    expect(table.filter(row => row.city === 'Rome' && Number(row.rooms) > 1).numbers('price')).toEqual(
      Float64Array.of(10, 30))
    expect([...table.dropMissing().numbers('rooms')]).toEqual([3, 5, 1])
    expect([...table.dropMissing(['price']).numbers('price')]).toEqual([10, 20, 30, 5])
    expect(data.parseCsv('a,b\n,x\ny,z').dropMissing(['a']).strings('b')).toEqual(['z'])
    expect([...table.rows([4, 0]).numbers('price')]).toEqual([5, 10])
  })
  test('errors', () => {
    expect(() => table.rows([5])).toThrow('there is no row 5: there are 5')
    expect(() => table.head(-1)).toThrow('count is -1')
    expect(() => table.filter(js('rooms > 2'))).toThrow("got the text 'rooms > 2': expected a function of a row")
    expect(() => table.dropMissing(['prise'])).toThrow("did you mean 'price'?")
  })
})

describe('splits of a table', () => {
  test('its rows, beside other things too', () => {
    const [train, tested, low, high] = data.trainTestSplit(table, [0, 1, 2, 3, 4], { testSize: 2, seed: 1 })
    expectTypeOf(train).toEqualTypeOf<data.Table>()
    expect([train.length, tested.length]).toEqual([3, 2])
    expect(table.rows(low).strings('city')).toEqual(train.strings('city'))
    expect(table.rows(high).strings('price')).toEqual(tested.strings('price'))
  })
  test('by a column that is named, or given', () => {
    for (const stratify of ['city', table.column('city'), table.strings('city')]) {
      const [, tested] = data.trainTestSplit(table, { testSize: 2, seed: 3, stratify })
      expect([...tested.strings('city')].sort()).toEqual(['Oslo', 'Rome'])
    }
    const [before, after] = data.trainTestSplit(table.dropMissing(), { testSize: 1, time: 'price' })
    expect([[...before.numbers('price')], [...after.numbers('price')]]).toEqual([[10, 5], [30]])
    const [train, tested] = data.trainTestSplit(table, { testSize: 2, groups: 'city' })
    expect(new Set([...train.strings('city'), '-', ...tested.strings('city')]).size).toBe(3)
    expect(data.kFold(table, { folds: 2, stratify: table.column('city') }).map(f => f.test.length)).toEqual([3, 2])
  })
  test('errors', () => {
    const x = randn([4, 2])
    expect(() => data.trainTestSplit(x, js({ stratify: true }))).toThrow(
      'stratify is true: expected a class for each example, as in { stratify: y }')
    expect(() => data.trainTestSplit(x, { groups: 'city' })).toThrow("groups is the text 'city'")
    expect(() => data.trainTestSplit(table, { stratify: 'town' })).toThrow("there is no column 'town'")
    expect(() => data.trainTestSplit(js({ length: () => 3, get: () => 1 }))).toThrow('a length that is a function')
    expect(() => data.trainTestSplit(table, { time: 'price' })).toThrow('the time of example 3 is NaN')
    expect(() => data.kFold(x, js({ folds: 2, stratify: true }))).toThrow('kFold: stratify is true')
  })
})

describe('CSV of other kinds', () => {
  test('true and false are 1 and 0, as of rows of objects', () => {
    expect([...table.numbers('new')]).toEqual([1, 0, 1, 0, 1])
    const rows = data.Table.fromRows([{ a: true, b: 'x' }, { a: false, b: 'constructor' }])
    const read = data.parseCsv('a,b\ntrue,x\nfalse,constructor\n')
    for (const name of ['a', 'b']) expect(read.column(name)).toEqual(rows.column(name))
    expect(data.parseCsv('a\ntrue\nx').type('a')).toBe('string')
    expect(data.parseCsv('a\ntrue\n', { types: { a: 'string' } }).strings('a')).toEqual(['true'])
  })
  test('a comma before the decimals', () => {
    const read = data.parseCsv('x;y;when\n1,5;-2,25e1;1.2.2020\n3;,5;\n', { delimiter: ';', decimal: ',' })
    expect([[...read.numbers('x')], [...read.numbers('y')], read.type('when')]).toEqual([
      [1.5, 3],
      [-22.5, 0.5],
      'string',
    ])
    expect(data.parseCsv('x;y\n1.5;2\n', { delimiter: ';', decimal: ',' }).type('x')).toBe('string')
    expect(() => data.parseCsv('x;y\n1,5;2\n', { delimiter: ';' }).tensor('x')).toThrow(
      "holds texts, as '1,5': where a comma is before the decimals, read it with { decimal: ',' }")
    expect(() => data.parseCsv('x\n1', { decimal: ',' })).toThrow('give delimiter too')
    expect(() => data.parseCsv('x\n1', js({ decimal: ';' }))).toThrow(`decimal is ";": expected '.' or ','`)
  })
  test.each([';', '\t', '|'])('%j between fields: it is said', other => {
    const lines = ['a', 'b'].join(other) + '\n' + ['1', '2'].join(other)
    expect(() => data.parseCsv(lines)).toThrow(`each line holds ${JSON.stringify(other)}: set delimiter`)
    expect(() => data.parseCsv(lines + ',5\n')).toThrow(`they hold ${JSON.stringify(other)}: if it is between fields`)
    expect(data.parseCsv(lines, { delimiter: other }).names).toEqual(['a', 'b'])
    expect(data.parseCsv(lines, { delimiter: ',' }).names).toHaveLength(1)
    expect(data.parseCsv(['a', 'b'].join(other) + '\nno others\n').length).toBe(1)
  })
})

describe('describe', () => {
  const broken = (bad: readonly number[], length = 6) => ({
    length, leftOut: ['x.bmp', 'y.bmp'],
    get: async (i: number) => {
      if (bad.includes(i)) throw new data.FormatError(`${i}.png`, 7, 'it is truncated')
      return [{ data: Float32Array.of(i), shape: [1] }, i % 2]
    },
  })
  test('lists examples that cannot be loaded, and files that were left out, and goes on', async () => {
    const found = await data.describe(broken([1, 4]))
    expect([found.examined, found.failureCount, found.parts[0].count]).toEqual([6, 2, 4])
    expect(found.failures.map(f => [f.index, f.error.message])).toEqual([
      [1, '1.png: byte 7: it is truncated'], [4, '4.png: byte 7: it is truncated'],
    ])
    expect(String(found)).toContain(
      "! 2 of 6 cannot be loaded (a loader's onError: 'skip' leaves them out): example 1: 1.png",
    )
    expect(String(found)).toContain('! 2 files are of other kinds and were left out: x.bmp, y.bmp')
    const many = await data.describe(broken([0, 1, 2, 3, 4]))
    expect(many.warnings[0]).toContain('and 2 more: see failures')
  })
  test('rows that a table left out', async () => {
    const skips = data.parseCsv('a,b\n1,2\n3\n4,5\n', { onError: 'skip' })
    expect(String(await data.describe(skips))).toContain('! 1 rows were left out; the first: CSV: line 3')
  })
  test('errors', async () => {
    await expect(data.describe(broken([0, 1], 2))).rejects.toThrow(
      'none of 2 examples can be loaded; the first, 0: 0.png',
    )
    await expect(data.describe(js(5))).rejects.toThrow('describe: the data set is 5')
    await expect(data.describe(broken([], 0))).rejects.toThrow(DataError)
  })
})

test('arrays with their shape and tensors, one for the other', () => {
  const array = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }
  expect(tensor(array).arraySync()).toEqual([[1, 2], [3, 4]])
  expect(tensor({ data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' }).dtype).toBe('bool')
  expect(tensor(array, { dtype: 'int32', shape: [4] }).arraySync()).toEqual([1, 2, 3, 4])
  expect(() => tensor({ data: Float32Array.of(1), shape: [2] })).toThrow('1 elements do not fill shape [2]')
  const windows = new data.WindowDataset(tensor(array), { size: 1 })
  expect(windows.get(0).map(a => [...a.data])).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(() => new data.WindowDataset(js([1, 2, 3]), { size: 1 })).toThrow(
    'the series is an array of numbers: expected',
  )
})
