import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const cells = (table: data.Table): unknown[][] =>
  Array.from({ length: table.length }, (_, i) => Object.values(table.row(i)))
/** As RFC 4180 writes it. */
const quoted = (s: string): string => (/[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s)

describe('CSV', () => {
  test('types are found out; missing values are NaN and null', () => {
    const table = data.parseCsv('a,b,c\n1,x,\n-2.5e3,NA,+.5\n inf ,y,?\n')
    expect(table.names).toEqual(['a', 'b', 'c'])
    expect(['a', 'b', 'c'].map(n => table.type(n))).toEqual(['number', 'string', 'number'])
    expect(cells(table)).toEqual([[1, 'x', NaN], [-2500, null, 0.5], [Infinity, 'y', NaN]])
  })
  test('quotes, doubled quotes, delimiters and line ends in fields; CR LF; a byte order mark', () => {
    const text = '\uFEFFname,"say, it"\r\n"Ann ""A"" B","two\r\nlines"\r\n,"" \n'
    expect(() => data.parseCsv(text)).toThrow('line 4 (byte 50): after a closing quote stands " "')
    expect(cells(data.parseCsv(text.replace('"" \n', '""\n')))).toEqual([['Ann "A" B', 'two\r\nlines'], [null, null]])
  })
  test('what is written as RFC 4180 says comes back, whatever is in it', () => {
    const pieces = ['', 'a', '"', ',', '\n', '\r\n', 'é', '😀', ' ', '""', '\t', "'"]
    const random = new data.Random(1)
    const draw = (): string => Array.from({ length: random.integer(5) }, () => pieces[random.integer(12)]).join('')
    for (let round = 0; round < 200; round++) {
      const rows = Array.from({ length: 5 }, () => ['x', draw(), draw()])
      const text = [['k', 'a', 'b'], ...rows].map(r => r.map(quoted).join(',')).join(round % 2 ? '\n' : '\r\n')
      const table = data.parseCsv(new TextEncoder().encode(text), { missing: [], types: { a: 'string', b: 'string' } })
      expect(cells(table)).toEqual(rows)
    }
  })
  test("tabs, no header, names, missing values and types of one's own", () => {
    expect(cells(data.parseCsv('1\t2\n3\t4', { delimiter: '\t', header: false }))).toEqual([
      [1, 2],
      [3, 4],
    ])
    const table = data.parseCsv('01234;-9\n', {
      delimiter: ';',
      header: ['zip', 'x'],
      missing: ['-9'],
      types: { zip: 'string' },
    })
    expect(cells(table)).toEqual([['01234', null]])
  })
  test('wrong rows: the line and the byte, or they are skipped', () => {
    const text = 'a,b\n1,2\n3\n"x\n5,6\n7,8,9\né,1\n'
    expect(() => data.parseCsv(text, { file: 't.csv' })).toThrow(
      't.csv: line 3 (byte 8): 1 fields, 2 columns are named',
    )
    const table = data.parseCsv(text, { onError: 'skip' })
    expect(cells(table)).toEqual([['1', '2'], ['5', '6'], ['é', '1']].map(([a, b]) => [a, Number(b)]))
    expect(table.skipped.map(e => e.message)).toEqual([
      'CSV: line 3 (byte 8): 1 fields, 2 columns are named',
      'CSV: line 4 (byte 10): a quoted field that begins here has no end',
      'CSV: line 6 (byte 17): 3 fields, 2 columns are named',
    ])
  })
  test('what is no UTF-8', () => {
    const bytes = Uint8Array.of(97, 10, 98, 10, 0xff, 10, 99, 10)
    expect(() => data.parseCsv(bytes)).toThrow('byte 4: this is not UTF-8')
    const table = data.parseCsv(bytes, { onError: 'skip' })
    expect([table.strings('a'), table.skippedCount]).toEqual([['b', 'c'], 1])
  })
  const bad: [string, () => unknown, string][] = [
    ['empty', () => data.parseCsv(''), 'the file is empty'],
    ['one name twice', () => data.parseCsv('a,a\n1,2'), "two columns are called 'a'"],
    ['a type that is not so', () => data.parseCsv('a\nx', { types: { a: 'number' } }), "'x' is no number"],
    ['a column that is not there', () => data.parseCsv('a\n1', { types: { b: 'number' } }), "no column 'b'"],
    ['delimiter', () => data.parseCsv('a', { delimiter: '||' }), 'the delimiter is "||"'],
  ]
  for (const [name, run, message] of bad) {
    test(`error: ${name}`, () => {
      expect(run).toThrow(DataError)
      expect(run).toThrow(message)
    })
  }
})

test('JSON lines: values, and lines that are none', () => {
  const text = '{"a": 1}\n\n  \r\n{"a": "é"}\n{"a": \n[2]'
  expect(() => data.parseJsonLines(text, { file: 'x.jsonl' })).toThrow(/^x\.jsonl: line 5 \(byte \d+\): no JSON: /)
  const found = data.parseJsonLines(text, { onError: 'skip' })
  expect(found.rows).toEqual([{ a: 1 }, { a: 'é' }, [2]])
  expect(found.skipped[0].offset).toBeGreaterThanOrEqual(25)
  const bytes = Uint8Array.of(0x31, 10, 0x22, 0xc3, 0x22, 10, 0x32)
  expect(() => data.parseJsonLines(bytes)).toThrow('line 2 (byte 3): this is not UTF-8')
  expect(data.parseJsonLines(bytes, { onError: 'skip' }).rows).toEqual([1, 2])
})

describe('Table', () => {
  const table = data.Table.fromRows([
    { x: 1, kind: 'a', ok: true },
    { x: null, kind: 'b' },
    { x: 3, kind: 'a', ok: false },
  ])
  test('columns, rows, matrices', () => {
    expect(cells(table)).toEqual([[1, 'a', 1], [NaN, 'b', NaN], [3, 'a', 0]])
    expect(table.matrix().shape).toEqual([3, 2])
    expect(table.rows([2, 0]).tensor(['ok', 'x']).arraySync()).toEqual([[0, 3], [1, 1]])
    expect([...table.drop(['kind']).names]).toEqual(['x', 'ok'])
    expect(table.tensor('x').shape).toEqual([3])
    expect(table.strings('x')).toEqual(['1', null, '3'])
  })
  const bad: [string, () => unknown, string][] = [
    ['texts', () => table.tensor(['kind']), "'kind' holds texts, as 'a': encode it"],
    ['a name', () => table.column('Kind'), "did you mean 'kind'?"],
    ['a row', () => table.row(3), 'there is no row 3: there are 3'],
    ['lengths', () => new data.Table({ a: Float64Array.of(1), b: [] }), "'b' has 0 rows, 'a' has 1"],
  ]
  for (const [name, run, message] of bad) test(`error: ${name}`, () => expect(run).toThrow(message))
})

describe('TableEncoder', () => {
  const train = data.parseCsv('city,rooms,code,price\nRome,3,1,10\nOslo,,2,20\nRome,5,1,30\n,1,2,40\n')
  const encoder = (): data.TableEncoder =>
    new data.TableEncoder({ leaveOut: ['price'], categories: ['city', 'code'], scale: 'minMax' })
  test('numbers filled up and scaled, categories as 0 and 1', () => {
    const fitted = encoder().fit(train)
    expect(fitted.featureNames).toEqual(['rooms', 'city=Oslo', 'city=Rome', 'city=null', 'code=1', 'code=2'])
    expect(fitted.transform(train).arraySync()).toEqual(
      [[0.5, 0, 1, 0, 1, 0], [0.5, 1, 0, 0, 0, 1], [1, 0, 1, 0, 1, 0], [0, 0, 0, 1, 0, 1]])
    const other = data.parseCsv('rooms,code,city,extra\n9,7,Bern,1\n')
    expect(fitted.transform(other).arraySync()).toEqual([[2, 0, 0, 0, 0, 0]])
    const again = encoder()
    again.loadStateDict(fitted.stateDict())
    expect(again.transform(train).arraySync()).toEqual(fitted.transform(train).arraySync())
    expect(again.featureNames).toEqual(fitted.featureNames)
  })
  test('of numbers alone, of categories alone', () => {
    expect(
      new data.TableEncoder({ categories: [], scale: null, leaveOut: ['city'] }).fitTransform(train).arraySync(),
    ).toEqual([
      [3, 1, 10],
      [3, 2, 20],
      [5, 1, 30],
      [1, 2, 40],
    ])
    expect(new data.TableEncoder({ numbers: [] }).fitTransform(train).shape).toEqual([4, 3])
  })
  const bad: [string, () => unknown, string][] = [
    ['nothing fitted', () => encoder().transform(train), 'call fit(table) with the training table first'],
    [
      'no columns',
      () => new data.TableEncoder({ numbers: [], categories: [] }).fit(train),
      'there are no columns left',
    ],
    ['texts', () => new data.TableEncoder({ numbers: ['city'] }).fit(train), "'city' holds texts"],
    [
      'a column',
      () =>
        encoder()
          .fit(train)
          .transform(train.drop(['rooms'])),
      "there is no column 'rooms'",
    ],
    [
      'unknown',
      () =>
        new data.TableEncoder({ handleUnknown: 'error' })
          .fit(train)
          .transform(data.parseCsv('city,rooms,code,price\nBern,1,1,1\n')),
      "'Bern' was not seen by fit",
    ],
    [
      'scale',
      () => new data.TableEncoder({ scale: 'log' as 'robust' }),
      "scale is 'log': expected standard, minMax, robust or null",
    ],
    ['state', () => encoder().loadStateDict({}), "the state has no 'columns'"],
  ]
  for (const [name, run, message] of bad) test(`error: ${name}`, () => expect(run).toThrow(message))
})

describe('describe', () => {
  test('a table: classes, ranges, what is missing and what lies far out', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      x: i === 7 ? 1e6 : (i % 50) + 0.5, kind: i < 190 ? 'a' : 'b', y: i % 10 === 0 ? null : i / 7, same: 4.5,
    }))
    const found = await data.describe(data.Table.fromRows(rows))
    const [x, kind, y, same] = found.parts
    expect([found.length, found.examined]).toEqual([200, 200])
    expect([x.min, x.max, x.outliers, x.kind]).toEqual([0.5, 1e6, 1, 'numbers'])
    expect([kind.kind, kind.classes]).toEqual(['texts', { a: 190, b: 10 }])
    expect([y.missing, y.count, same.constant]).toEqual([20, 200, true])
    expect(y.mean).toBeCloseTo(rows.filter(r => r.y !== null).reduce((s, r) => s + r.y!, 0) / 180, 10)
    expect(found.warnings.map(w => w.split(':')[0])).toEqual(["'x'", "'y'", "'same' is always the same"])
    expect(String(found)).toMatch(
      /^200 examples\n {2}x: number \[\] 0\.5 … 1000000, mean .*\n[\s\S]*! 'y': 20 of 200 \(10 %\) values are missing/,
    )
  })
  test('a data set of images with labels, of several shapes and unequal classes', async () => {
    const set: data.Dataset<[data.NdArray, number]> = {
      length: 60,
      get: i => [
        { data: new Uint8Array(i === 5 ? 4 : 12).fill(i), shape: i === 5 ? [1, 2, 2] : [3, 2, 2] },
        Number(i > 55),
      ],
    }
    const { parts: [image, label], warnings } = await data.describe(set)
    expect([image.shapes, image.dtype, image.min, image.max]).toEqual([{ '[3,2,2]': 59, '[1,2,2]': 1 }, 'uint8', 0, 59])
    expect([label.kind, label.classes]).toEqual(['classes', { 0: 56, 1: 4 }])
    expect(warnings.join()).toMatch(
      /'part 0' has examples of 2 shapes.*'part 1': the largest class has 56 examples, the smallest 4/,
    )
  })
  test('no more than the limit; tensors; streams; nothing', async () => {
    let loads = 0
    const set: data.Dataset<number> = { length: 1e6, get: i => { loads++; return i / 3 } }
    expect((await data.describe(set, { limit: 50 })).examined).toBe(50)
    expect(loads).toBe(50)
    const tensors = new data.TensorDataset({ data: Float32Array.of(1, NaN, Infinity), shape: [3] })
    const [part] = (await data.describe(tensors)).parts
    expect([part.missing, part.infinite, part.max]).toEqual([1, 1, 1])
    expect((await data.describe([{ t: 'x' }, { t: 'y' }])).parts[0].classes).toEqual({ x: 1, y: 1 })
    await expect(data.describe([])).rejects.toThrow('the data set is empty')
  })
})
