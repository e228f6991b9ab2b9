/** @file Data out of Python's wheels: found, read, and hostile archives refused. */
import { gzipSync } from 'node:zlib'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { data, DataError } from 'diffeo'
import { electricityDemand } from '../src/datasets/electricity.ts'
import { MissingData } from '../src/datasets/missing.ts'
import { scikitLearn } from '../src/datasets/scikit-learn.ts'
import { pythonPackage } from '../src/datasets/wheel.ts'

const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const inside = (name: string): string => `sklearn/datasets/data/${name}`
const iris = text('2,4,setosa,versicolor,virginica\n5.1,3.5,1.4,0.2,0\n6.3,3.3,6,2.5,2\n')
const files = {
  [inside('iris.csv')]: iris,
  [inside('diabetes_data_raw.csv.gz')]: gzipSync(
    '59 2 32.1 101 157 93.2 38 4 4.8598 87\n48 1 21.6 87 183 103.2 70 3 3.8918 69\n',
  ),
  [inside('diabetes_target.csv.gz')]: gzipSync('1.51e+02\n7.5e+01\n'),
  [inside('linnerud_exercise.csv')]: text('Chins Situps Jumps\n5 162 60\n'),
  [inside('linnerud_physiological.csv')]: text('Weight Waist Pulse\n191 36 50\n'),
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  vi.stubEnv('VIRTUAL_ENV', join(folder, 'venv'))
  vi.stubEnv('DIFFEO_DATA', undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

async function wheel(contents: Readonly<Record<string, Uint8Array>> = files, name = 'scikit_learn-1.9.1-cp311.whl') {
  const path = join(folder, name)
  await writeFile(path, await data.encodeZip(contents))
  return path
}

describe('the sets of scikit-learn', () => {
  test('classes: a column of the table', async () => {
    const { x, y, classNames, featureNames } = await scikitLearn('iris', { path: await wheel() })
    expect(await x.array()).toEqual([[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6, 2.5]].map(r => r.map(Math.fround)))
    expect(y.dtype).toBe('int32')
    expect(await y.array()).toEqual([0, 2])
    expect(classNames).toEqual(['setosa', 'versicolor', 'virginica'])
    expect(featureNames).toHaveLength(4)
  })

  test('numbers: a file of their own, gzipped or with a headline', async () => {
    const path = await wheel()
    const diabetes = await scikitLearn('diabetes', { path })
    expect([diabetes.x.shape, await diabetes.y.array()]).toEqual([[2, 10], [[151], [75]]])
    const { x, y, classNames } = await scikitLearn('linnerud', { path })
    expect([await x.array(), await y.array(), classNames]).toEqual([[[5, 162, 60]], [[191, 36, 50]], []])
  })

  test.each([
    ['a class that there is not', '1,4,a\n5,3,1,0,3\n', /there is a class 3; there are 3/],
    ['text among numbers', '1,4,a\n5,3,x,0,1\n', /column 'petal length', row 0: 'x' is no number/],
    ['a number that is missing', '1,4,a\n5,3,,0,1\n5,3,1,0,1\n', /column 'petal length' lacks a number/],
    ['no rows', '1,4,a\n', /there are no rows/],
    ['a row of another length', '1,4,a\n5,3,1,0\n', /iris\.csv/],
  ])('%s is an error', async (_, csv, message) => {
    const path = await wheel({ [inside('iris.csv')]: text(csv) })
    await expect(scikitLearn('iris', { path })).rejects.toThrow(DataError)
    await expect(scikitLearn('iris', { path })).rejects.toThrow(message)
  })

  test('features and targets of unlike length, another version, a name that there is not', async () => {
    const short = { ...files, [inside('diabetes_target.csv.gz')]: gzipSync('1\n') }
    await expect(scikitLearn('diabetes', { path: await wheel(short) })).rejects.toThrow(/has 2 examples, .* 1/)
    await expect(scikitLearn('wine', { path: await wheel() })).rejects.toThrow(/holds no 'sklearn.*wine_data\.csv'/)
    await expect(scikitLearn('toString' as 'iris')).rejects.toThrow(/there is no set 'toString'; there are diabetes/)
  })
})

describe('where packages are looked for', () => {
  const wanted = { name: 'scikit-learn', folder: 'sklearn' }
  const readIris = async (path?: string): Promise<Uint8Array> =>
    (await pythonPackage(wanted, path)).read(inside('iris.csv'))

  test('nowhere: the command that gets it is named', async () => {
    const error = await scikitLearn('iris', { path: join(folder, 'nothing') }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(MissingData)
    expect((error as MissingData).how).toContain(
      `pip download --no-deps -d ${join(folder, 'cache', 'diffeo', 'wheels')} scikit-learn`,
    )
    expect((error as MissingData).message).toContain(join(folder, 'nothing'))
  })

  test('a folder of wheels, DIFFEO_DATA, the cache; not the wheel of another package', async () => {
    await wheel({ x: text('no') }, 'scikit_learn_extra-1.whl')
    await wheel()
    expect(await readIris(folder)).toEqual(iris)
    vi.stubEnv('DIFFEO_DATA', folder)
    expect(await readIris()).toEqual(iris)
    vi.stubEnv('DIFFEO_DATA', undefined)
    await mkdir(join(folder, 'cache', 'diffeo', 'wheels'), { recursive: true })
    await writeFile(join(folder, 'cache', 'diffeo', 'wheels', 'scikit_learn-1.whl'), await data.encodeZip(files))
    expect(await readIris()).toEqual(iris)
  })

  test.each([
    [['1.9.0', '1.10.0'], 1], [['1.10', '1.9.12'], 0], [['2.0rc1', '2.0', '2.0.dev3', '2.0b2'], 1],
    [['2.0', '2.0.post1'], 1], [['2.0rc2', '2.0rc10', '1.99'], 1],
  ])('of the versions %j number %i', async (versions, newest) => {
    for (const [i, v] of versions.entries())
      await wheel({ [inside('iris.csv')]: text(String(i)) }, `scikit_learn-${v}-cp311-none-any.whl`)
    expect(await readIris(folder)).toEqual(text(String(newest)))
  })

  test('as it is installed: in a virtual environment, or in the folder given', async () => {
    const packages = join(folder, 'venv', 'lib', 'python3.12', 'site-packages')
    await mkdir(join(packages, 'sklearn', 'datasets', 'data'), { recursive: true })
    await writeFile(join(packages, inside('iris.csv')), iris)
    for (const path of [undefined, packages, join(packages, 'sklearn')])
      expect(new Uint8Array(await readIris(path))).toEqual(iris)
    await expect(scikitLearn('wine', { path: packages })).rejects.toThrow(/wine_data\.csv cannot be read/)
  })
})

describe('hostile wheels', () => {
  test('cut short anywhere: an error that names the file, and no more', async () => {
    const whole = await data.encodeZip(files)
    const path = join(folder, 'scikit_learn-1.whl')
    for (let length = 0; length < whole.length; length += 61) {
      await writeFile(path, whole.subarray(0, length))
      await expect(scikitLearn('iris', { path })).rejects.toThrow(DataError)
    }
  })

  test('any byte changed: read as it was, or an error', async () => {
    const whole = await data.encodeZip({ [inside('iris.csv')]: iris })
    const path = join(folder, 'scikit_learn-1.whl')
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = whole.slice()
      bytes[at] ^= 0xff
      await writeFile(path, bytes)
      const found = await scikitLearn('iris', { path }).then(t => t.x.shape, (e: unknown) => e)
      if (found instanceof Error) expect(found, `byte ${at}: ${found.stack}`).toBeInstanceOf(DataError)
      else expect(found).toEqual([2, 4])
    }
  })

  test('an entry that claims to be huge is not unpacked', async () => {
    const zeros = new Uint8Array(2 ** 18)
    const bytes = await data.encodeZip({ [inside('iris.csv')]: zeros })
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    // both places that say how much it unpacks to
    const central = bytes.findIndex((_, i) => i + 4 <= bytes.length && view.getUint32(i, true) === 0x02014b50)
    for (const at of [22, central + 24]) view.setUint32(at, 0x7fffffff, true)
    const path = join(folder, 'scikit_learn-1.whl')
    await writeFile(path, bytes)
    await expect(scikitLearn('iris', { path })).rejects.toThrow(/claims to unpack from|claims 2147483647 bytes/)
  })

  test('gzip within: damaged', async () => {
    const broken = { ...files, [inside('diabetes_target.csv.gz')]: gzipSync('1\n2\n').subarray(0, 14) }
    await expect(scikitLearn('diabetes', { path: await wheel(broken) })).rejects.toThrow(/gzip data is damaged/)
  })
})

describe('electricity demand', () => {
  const where = 'statsmodels/tsa/stl/tests/results/mstl_elec_vic.csv'
  const read = async (rows: string) =>
    electricityDemand({ path: await wheel({ [where]: text(`ds,y\n${rows}`) }, 'statsmodels-1.whl') })

  test('an hour a number', async () => {
    const { values, start, step } = await read('2012-01-01 00:00:00,7926.5\n2012-01-01 01:00:00,7901.8\n')
    expect([...values]).toEqual([7926.5, 7901.8].map(Math.fround))
    expect([start.toISOString(), step]).toEqual(['2012-01-01T00:00:00.000Z', 3_600_000])
  })
  test.each([
    ['an hour left out', '2012-01-01 00:00:00,1\n2012-01-01 02:00:00,1\n', /row 1/],
    ['a number left out', '2012-01-01 00:00:00,\n2012-01-01 01:00:00,1\n', /row 0/],
    ['no rows', '', /there are no rows/],
    ['a text for a number', '2012-01-01 00:00:00,much\n', /'much' is no number/],
  ])('%s is an error', async (_, rows, message) => {
    await expect(read(rows)).rejects.toThrow(message)
  })
})
