import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { expect, test, vi } from 'vitest'
import { loadRun, recipes, runRecipe } from '@diffeo/node'

/** A folder of two classes, red and blue of many shades, as a user may have. */
async function colours(folder: string): Promise<string> {
  for (const [k, name] of ['blue', 'red'].entries()) {
    await mkdir(join(folder, name), { recursive: true })
    for (let i = 0; i < 200; i++) {
      const [strong, weak] = [255 - (i % 100), i >> 2]
      const background = k === 1 ? { r: strong, g: weak, b: weak } : { r: weak, g: weak, b: strong }
      await sharp({ create: { width: 30, height: 30, channels: 3, background } })
        .png()
        .toFile(join(folder, name, `${i}.png`))
    }
  }
  return folder
}

test('a series is on one side, also where its name ends as that of its class; pictures of the class itself are not one',
  async () => {
    const { split } = await import('../../../../examples/photo-or-drawing.ts')
    const folder = join('pictures', 'all')
    const files = ['red/dark-red', 'red/red', 'red'].flatMap(series =>
      Array.from({ length: 20 }, (_, i) => join(folder, series, `${i}.png`)))
    const pictures = { files, labels: new Int32Array(60), classNames: ['red'], length: 60, get: () => null }
    const sides = split(pictures, `${folder}/`, 0)
    const counts = ['dark-red', 'red/red', 'all/red'].map(series =>
      sides.map(side => side.filter(i => dirname(files[i]).endsWith(series)).length))
    for (const count of counts.slice(0, 2)) expect(Math.max(...count)).toBe(20)
    expect(sides[1].length).toBe(12)
  })

test('photo-or-drawing, some steps on a folder of one\'s own: what is reached beside colours; a picture is told',
  { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
    const lines: string[] = []
    const print = (line: string): void => { lines.push(line) }
    try {
      vi.stubEnv('DIFFEO_PICTURES', await colours(join(folder, 'pictures')))
      const recipe = await recipes.recipeNamed('photo-or-drawing')
      const out = join(folder, 'run')
      const { measures } = await runRecipe(recipe, { ...recipe.defaults, batchSize: 8 }, { out, quick: true, print })
      expect(lines[0]).toMatch(/pictures, 40 to train and 10 to test, series kept together$/)
      expect(measures).toMatchObject([{ name: 'accuracy on pictures that were held out', atLeast: 0.95 }])
      // red and blue need no network
      expect(measures![0].baselines!['logistic regression on colours']).toBe(1)
      await recipe.predict!(join(folder, 'pictures/red/0.png'), await loadRun(out, print))
      expect(lines.at(-1)).toMatch(/red\/0\.png: (red|blue) \(red \d+\.\d %\)$/)
    } finally {
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true })
    }
  })
