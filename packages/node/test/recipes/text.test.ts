/** @file The recipes on text: a few steps of each, and what they say of a file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { datasets, loadRun, recipes, runRecipe } from '@diffeo/node'

/** Whether there is data; what is wrong with it is no reason to leave a test out. */
const isHere = (read: Promise<unknown>): Promise<boolean> =>
  read.then(() => true, (error: unknown) => {
    if (error instanceof datasets.MissingData) return false
    throw error
  })
const hasMail = await isHere(datasets.spamAssassin())
const hasBible = await isHere(datasets.bible())

/** A few steps of a recipe, and what the run says of a file with this text. */
async function tryOut(name: string, text: string): Promise<{ measures: readonly recipes.Measure[]; said: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  try {
    const recipe = await recipes.recipeNamed(name)
    const out = join(folder, 'run')
    const { measures } = await runRecipe(recipe, recipe.defaults, { out, quick: true })
    const file = join(folder, 'file.txt')
    await writeFile(file, text)
    const said: string[] = []
    const run = await loadRun(out, line => said.push(line))
    await recipe.predict!(file, run)
    await expect(run.fitted('none')).rejects.toThrow(
      /keeps nothing fitted by the name of 'none'; it keeps [\w, ]+$/,
    )
    return { measures: measures!, said }
  } finally {
    await rm(folder, { recursive: true })
  }
}

test.skipIf(!hasMail)(
  'spam: five networks beside two classifiers, on the same mails',
  { timeout: 300_000 },
  async () => {
    const { measures, said } = await tryOut('spam', 'Subject: Buy now\nContent-Type: text/plain\n\nCheap pills\n')
    const names = ['bag', 'lstm', 'gru', 'cnn', 'transformer']
    expect(measures.slice(1).map(m => m.name)).toEqual(names.flatMap(n => [`accuracy, ${n}`, `F1, ${n}`]))
    // both know how to tell mails apart, of few already
    for (const share of Object.values(measures[0].baselines!)) expect(share).toBeGreaterThan(0.85)
    // the best is one of the five, and three steps are not enough for any to be as good as the baselines
    const five = measures.slice(1).filter(m => m.name.startsWith('accuracy'))
    expect(five.map(m => m.value)).toContain(measures[0].value)
    expect(five.map(recipes.isReached)).toEqual(names.map(() => false))
    expect(said).toEqual([expect.stringMatching(/^'Buy now': spam with a probability of \d+\.\d %$/)])
  },
)

test.skipIf(!hasBible)('char-gpt: bits beside those of n-grams, and text', { timeout: 300_000 }, async () => {
  const { measures: [bits], said } = await tryOut('char-gpt', 'And it came to pass')
  // after three steps still about as many as of characters that are all as likely
  expect(bits.value).toBeGreaterThan(4)
  expect(bits.value).toBeLessThan(6.5)
  const { 'single characters': one, '3-gram': three, '5-gram, Kneser-Ney': five } = bits.baselines!
  const best = Object.entries(bits.baselines!).find(([name]) => name.includes('best order'))![1]
  expect(best).toBeLessThanOrEqual(five)
  expect(five).toBeLessThan(three)
  expect(three).toBeLessThan(one)
  expect(recipes.isReached(bits)).toBe(false)
  expect(said[0]).toHaveLength(400)
})

test('seq2seq: two networks beside rules', { timeout: 300_000 }, async () => {
  const { measures, said } = await tryOut('seq2seq', '4 mai 1998\n\nthe third of may 1998\n')
  expect(measures.map(m => m.name)).toEqual(['exact dates of 100, gru', 'exact dates of 100, transformer'])
  const { 'Date.parse': parsed, 'rules, names of months from training': rules } = measures[0].baselines!
  // English and what looks like it is read, other languages are not
  expect(parsed).toBeGreaterThan(0.2)
  expect(parsed).toBeLessThan(0.7)
  // 400 known dates do not have all names of months
  expect(rules).toBeGreaterThan(0.8)
  expect(measures.map(recipes.isReached)).toEqual([false, false])
  expect(said).toHaveLength(2)
  expect(said[0]).toMatch(/^4 mai 1998 → /)
})
