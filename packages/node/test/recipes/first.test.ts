/** @file The seeds' first programs, whole; and what holds for every recipe. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { datasets, recipes, runRecipe } from '@diffeo/node'
import { reached, run } from './run.ts'

const folder = fileURLToPath(new URL('../../../../examples/', import.meta.url))

test('each file of examples/ is a recipe, by its name, and a page long', async () => {
  const found = (await readdir(folder)).filter(f => f.endsWith('.ts')).map(f => f.slice(0, -'.ts'.length))
  expect([...recipes.recipeNames].sort()).toEqual(found.sort())
  for (const recipe of await recipes.allRecipes()) {
    expect(found).toContain(recipe.name)
    const lines = (await readFile(`${folder}${recipe.name}.ts`, 'utf8')).split('\n').length
    expect(lines, `lines of ${recipe.name}.ts`).toBeLessThanOrEqual(170)
    expect(recipe.minutes).toBeLessThanOrEqual(15)
  }
})

describe('whole', () => {
  test('by-hand agrees with autodiff', async () => {
    const ran = await run('by-hand')
    expect(reached(ran)).toBe(true)
    expect(ran.lines[0]).toBe('linear (the worked example): hidden [6, 13, 20], y 93, loss 1849')
    expect(ran.lines.filter(l => l.includes('ok'))).toHaveLength(22)
  })

  test('chain-rule agrees with autodiff, and learns', async () => {
    expect(reached(await run('chain-rule'))).toBe(true)
  })

  test('mnist reads 2,000 digits that it has not seen', { timeout: 300_000 }, async () => {
    const ran = await run('mnist')
    expect(reached(ran)).toBe(true)
    expect(ran.lines.join('\n')).toContain('225,034 parameters')
  })

  test('mnist-mlp reads at least 95 % of them', { timeout: 120_000 }, async () => {
    expect(reached(await run('mnist-mlp'))).toBe(true)
  })
})

test('a start without its data leaves nothing behind, and so the folder to the next', async () => {
  const recipe = recipes.recipe({
    name: 'nothing', description: '', source: '', minutes: 1, defaults: {},
    run: () => { throw new datasets.MissingData('it is not here', 'look elsewhere') },
  })
  const out = join(tmpdir(), `diffeo-nothing-${process.pid}`)
  for (let i = 0; i < 2; i++) {
    const start = runRecipe(recipe, recipe.defaults, { out })
    await expect(start).rejects.toThrow(/it is not here\. To get it: look elsewhere/)
  }
  expect(existsSync(out)).toBe(false)
})
