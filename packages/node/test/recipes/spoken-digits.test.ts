import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { data } from 'diffeo'
import { datasets, loadRun, recipes, runRecipe } from '@diffeo/node'

const speaks = spawnSync('espeak-ng', ['--version']).status === 0

test('noise is so far below the word, however much silence is behind it', async () => {
  const { addNoise } = await import('../../../../examples/spoken-digits.ts')
  const [length, whole] = [4000, 20_000]
  const samples = new Float32Array(whole).fill(0.5, 0, length)
  addNoise(samples, length, new data.Random(1), 10)
  const power = samples.reduce((sum, v, i) => sum + (i < length ? v - 0.5 : v) ** 2, 0) / whole
  expect(10 * Math.log10(0.25 / power)).toBeCloseTo(10, 0)
})

test.skipIf(!speaks)(
  'spoken-digits, some steps: what is reached, and beside it what needs no network; a file is heard',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
    const lines: string[] = []
    try {
      const recipe = await recipes.recipeNamed('spoken-digits')
      const { measures } = await runRecipe(recipe, recipe.defaults, {
        out: folder,
        quick: true,
        print: line => lines.push(line),
      })
      expect(measures!.map(m => m.name)).toEqual(['accuracy in new voices', 'in noise 10 dB below'])
      for (const { value, baselines = {} } of measures!)
        for (const share of [value, ...Object.values(baselines)]) expect(share).toBeGreaterThanOrEqual(0)
      // even of few words warping finds more than chance
      expect(measures![0].baselines!['nearest word by time warping']).toBeGreaterThan(0.2)
      expect(lines.join('\n')).toMatch(/synthetic speech of eSpeak NG: 40 words to train/)

    const { test: held } = await datasets.spokenDigits({ speakers: 1 })
    const run = await loadRun(folder, line => lines.push(line))
    await recipe.predict!(held.files[0], run)
    expect(lines.at(-1)).toMatch(/\.wav: (zero|one|two|three|four|five|six|seven|eight|nine) \(\d+\.\d %\)$/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
