/** @file Recipes on Fashion-MNIST: slices, and what holds without the data. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { datasets, loadRun, recipes, runRecipe } from '@diffeo/node'
import { run } from './run.ts'

const here = existsSync('/usr/share/datasets/fashion-mnist')

describe.skipIf(!here)('a slice', () => {
  test(
    'fashion-mnist: pictures that are mirrored; what it says of a photo on white',
    { timeout: 120_000 },
    async () => {
      const recipe = await recipes.recipeNamed('fashion-mnist')
      const folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
      const lines: string[] = []
      const print = (line: string): void => {
        lines.push(line)
      }
      try {
        const out = join(folder, 'run')
        const { measures } = await runRecipe(recipe, recipe.defaults, { out, quick: true, print })
        expect(measures).toMatchObject([{ name: 'accuracy', atLeast: 0.93, baselines: {} }])
        expect(lines.join('\n')).toContain('252,138 parameters')

      const { test: { examples } } = await datasets.fashionMnist()
      const [{ data: pixels }] = await examples.get(0)
      const file = join(folder, 'boot.png')
      await sharp(Uint8Array.from(pixels, p => 255 - p), { raw: { width: 28, height: 28, channels: 1 } })
        .resize(280, 280).extend({ top: 60, bottom: 20, left: 30, right: 90, background: '#fff' }).png().toFile(file)
      await recipe.predict!(file, await loadRun(out, print))
      expect(lines.at(-3)).toMatch(/boot\.png: .+ \(\d+\.\d+ %\)/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
  test(
    'cifar10, on clothes where CIFAR-10 is not: held to 70 % of the linear errors',
    { timeout: 120_000 },
    async () => {
      const {
        measures: [{ name, atLeast, baselines }],
        lines,
      } = await run('cifar10', { quick: true })
      // of 1,000 examples, and held to more
      const linear = baselines!['logistic regression on all pixels']
      expect(linear).toBeGreaterThan(name.includes('CIFAR-10') ? 0.2 : 0.75)
      expect(atLeast).toBeGreaterThan(linear + 0.05)
      if (!name.includes('CIFAR-10'))
        expect(lines[0]).toMatch(/^CIFAR-10 is neither here nor to be fetched; instead, as 32×32×3: Fashion-MNIST/)
    },
  )
})

test('clothes that are not there: what gets them', async () => {
  const asked = datasets.fashionMnist({ path: '/no/such/folder' })
  await expect(asked).rejects.toThrow(datasets.MissingData)
  await expect(asked).rejects.toThrow(
    /are in none of \/no\/such\/folder\. To get it: apt-get install dataset-fashion-mnist/,
  )
})
