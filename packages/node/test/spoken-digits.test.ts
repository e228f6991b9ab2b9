/** @file The spoken digits, spoken by a stand-in that copies a file; eSpeak NG itself speaks in the recipe's test. */
import { chmod, mkdtemp, readFile, readdir, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { baselines, datasets } from '@diffeo/node'

let folder = ''
let program = ''
const sound = fileURLToPath(new URL('./fixtures/pcm16.wav', import.meta.url))
/** A program that writes down how it was called, and gives a sound. */
async function speaker(name: string, body: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  program = await speaker('speaks', `echo "$@" >> ${folder}/said\ncp ${sound} "$8"`)
  return () => rm(folder, { recursive: true })
})
const said = async (): Promise<string[]> => (await readFile(join(folder, 'said'), 'utf8')).trimEnd().split('\n')

describe('made once', () => {
  test('each word in each manner, and no accent and no voice in two parts', async () => {
    const made: [number, number][] = []
    const options = { path: join(folder, 'set'), speakers: 6, program }
    const digits = await datasets.spokenDigits({ ...options, onProgress: (n, of) => { made.push([n, of]) } })
    const { train, validation, test: held } = digits
    const all = [train, validation, held]
    const count = all.reduce((n, s) => n + s.length, 0)
    expect(made.at(-1)).toEqual([count, count])
    expect((await said()).length).toBe(count)
    expect((await said())[0]).toMatch(/^-v en-\S+\+\S+ -s \d+ -p \d+ -w \S+\.tmp zero$/)
    for (const [i, part] of all.entries()) {
      expect(part.length % 10).toBe(0)
      expect([...part.labels].filter(l => l === 7)).toHaveLength(part.length / 10)
      for (const other of all.slice(i + 1)) {
        for (const side of [0, 1]) {
          const names = (s: datasets.SpokenSplit): Set<string> => new Set(s.voices.map(v => v.split('+')[side]))
          expect([...names(part)].filter(name => names(other).has(name))).toEqual([])
        }
      }
    }
    const [audio, label] = await held.get(19)
    expect([audio.shape, label, held.classNames[label]]).toEqual([(await datasets.wav(sound)).shape, 9, 'nine'])

    // the second time nobody is asked, but for what is gone
    await datasets.spokenDigits({ ...options, program: 'nobody' })
    await unlink(train.files[3])
    await datasets.spokenDigits(options)
    expect((await said()).length).toBe(count + 1)
    expect((await said()).at(-1)).toMatch(/ three$/)
  })
  test('a file that is damaged says so when it is read', async () => {
    const digits = await datasets.spokenDigits({ path: join(folder, 'damaged'), speakers: 1, program })
    await truncate(digits.test.files[0], 50)
    await expect(digits.test.get(0)).rejects.toThrow(/zero\/.*\.wav: byte \d+/)
    await expect(digits.test.get(1e6)).rejects.toThrow(/there is no example 1000000/)
  })
})

describe('not made', () => {
  test('without the program: what gets it', async () => {
    const error = await datasets.spokenDigits({ path: join(folder, 'none'), program: join(folder, 'nobody') })
      .catch((e: unknown) => e as datasets.MissingData)
    expect(error).toBeInstanceOf(datasets.MissingData)
    expect(error).toMatchObject({ how: 'apt-get install espeak-ng' })
  })
  test.each([
    ['fails', 'echo "no such voice" >&2; exit 1', /cannot say 'zero' as en-\S+: .*no such voice/s],
    ['writes nothing', 'exit 0', /cannot say 'zero' as en-/],
  ])('where it %s, nothing is left', async (name, body, message) => {
    const path = join(folder, name)
    await expect(datasets.spokenDigits({ path, speakers: 1, program: await speaker('broken', body) }))
      .rejects.toThrow(message)
    expect((await readdir(path, { recursive: true })).filter(f => /wav/.test(f))).toEqual([])
  })
})

describe('time warping', () => {
  const series = (...values: number[]): baselines.Series => ({ data: Float32Array.from(values), frames: values.length })
  test('a series that is slower is the same; the distance is a mean', () => {
    expect(baselines.warpedDistance(series(1, 2, 3), series(1, 1, 2, 2, 3, 3), { band: 1 })).toBe(0)
    // one frame each: the diagonal step counts twice, over a length of 2
    expect(baselines.warpedDistance(series(1), series(4))).toBe(3)
    const plane = (...data: number[]): baselines.Series => ({ data: Float32Array.from(data), frames: data.length / 2 })
    expect(baselines.warpedDistance(plane(0, 0, 3, 4), plane(0, 0, 0, 0))).toBe(5 / 4)
  })
  test('is the least over all paths', () => {
    const [a, b] = [[1, 5, 2, 8, 3], [2, 2, 7, 4]]
    const least = (i: number, j: number): number => {
      const d = Math.abs(a[i] - b[j])
      if (i === 0 && j === 0) return 2 * d
      const ways = [[i - 1, j, 1], [i, j - 1, 1], [i - 1, j - 1, 2]].filter(([p, q]) => p >= 0 && q >= 0)
      return Math.min(...ways.map(([p, q, weight]) => least(p, q) + weight * d))
    }
    expect(baselines.warpedDistance(series(...a), series(...b), { band: 1 })).toBeCloseTo(least(4, 3) / 9, 12)
  })
  test('a narrow band still has a path; what is too far comes as Infinity', () => {
    expect(baselines.warpedDistance(series(0, 0), series(0, 0, 0, 0, 0, 0, 0), { band: 0 })).toBe(0)
    const far = series(9, 9, 9)
    expect(baselines.warpedDistance(series(0, 0, 0), far, { atMost: 1 })).toBe(Infinity)
    expect(baselines.warpedDistance(series(0, 0, 0), far, { atMost: 9 })).toBe(9)
    expect(() => baselines.warpedDistance(series(1), { data: new Float32Array(3), frames: 1 })).toThrow(/3 in 1/)
  })
  test('the nearest has the say', () => {
    expect(baselines.nearestWarped([series(0, 1), series(5, 6), series(9)], [3, 4, 5], series(5, 5, 6))).toBe(4)
  })
})
