/**
 * @file Runs the recipes whole, and keeps what they reached: recipes.json, and from it the README's table.
 *
 *   npm run recipes                       all of them, each over its seeds; fails where a goal is missed
 *   npm run recipes -- spam char-gpt      some; what was kept of the others stays
 *   node tools/recipes.mjs --table        writes the table again
 *   node tools/recipes.mjs --check        fails where the table is not that of recipes.json
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = join(dirname(fileURLToPath(import.meta.url)), '..')
const results = join(repository, 'recipes.json')
const readme = join(repository, 'README.md')
const command = join(repository, 'packages/diffeo/bin/diffeo.js')
const [begin, end] = ['<!-- RECIPES: npm run recipes -->', '<!-- /RECIPES -->']

/** What `diffeo train` ends with where the data is not on the machine. */
const missingData = 3

const kept = () => (existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : { recipes: {} })
const medianOf = values => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]

function runOnce(name, seed) {
  const folder = mkdtempSync(join(tmpdir(), 'diffeo-recipe-'))
  const start = performance.now()
  try {
    const out = join(folder, 'run')
    const { status, stderr } = spawnSync(process.execPath, [command, 'train', name, '--seed', seed, '--out', out], {
      stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8',
    })
    if (status === missingData) return { missing: stderr.trim().replace(/^diffeo: /, '') }
    if (status !== 0) return { failed: `exit code ${status} with seed ${seed}: ${stderr.trim()}` }
    const { measures } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))
    return { seed, seconds: Math.round((performance.now() - start) / 1000), measures }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runRecipe({ name, seeds }) {
  const runs = []
  for (let seed = 0; seed < seeds; seed++) {
    console.log(`── ${name}, seed ${seed}`)
    const found = runOnce(name, seed)
    const notRun = found.missing ?? found.failed
    if (notRun) {
      console.log(`not run: ${notRun}`)
      if (found.failed) process.exitCode = 1
      return found.failed ? { failed: notRun } : { notRun }
    }
    console.log(`── ${name}, seed ${seed}: ${(found.seconds / 60).toFixed(1)} min`)
    runs.push(found)
  }
  return { runs }
}

/**
 * The measures of a recipe over its seeds: medians and the range. A goal is reached where most seeds reach theirs: it
 * may be what something simpler reached with that seed.
 */
function summary(runs, isReached) {
  return runs[0].measures.map(({ name, unit }, i) => {
    const over = key => runs.map(r => r.measures[i][key]).filter(v => v !== undefined)
    const middle = key => (over(key).length > 0 ? medianOf(over(key)) : undefined)
    const values = over('value')
    const names = Object.keys(runs[0].measures[i].baselines ?? {})
    const baselines = Object.fromEntries(names.map(b => [b, medianOf(runs.map(r => r.measures[i].baselines[b]))]))
    return {
      name, unit, value: medianOf(values), least: Math.min(...values), most: Math.max(...values), baselines,
      atLeast: middle('atLeast'), atMost: middle('atMost'),
      reached: 2 * runs.filter(r => isReached(r.measures[i])).length > runs.length,
    }
  })
}

/** What a recipe's program is: a result is of the program that made it. */
const codeOf = name =>
  createHash('sha256').update(readFileSync(join(repository, `examples/${name}.ts`))).digest('hex').slice(0, 12)

async function table() {
  const { recipes } = await import('@diffeo/node')
  const { valueText, goalText } = await import('../packages/node/dist/report/text.js')
  const { recipes: found } = kept()
  const cells = ({ unit, value, least, most }) =>
    valueText(value, unit) + (least < most ? ` (${valueText(least, unit)} to ${valueText(most, unit)})` : '')
  const rows = (await recipes.allRecipes()).map(recipe => {
    const { runs, notRun, failed, code } = found[recipe.name] ?? {}
    const head = `| [\`${recipe.name}\`](examples/${recipe.name}.ts) | ${recipe.source} |`
    if (!runs) return `${head} ${failed ? 'it failed' : notRun ? 'not run: no data' : 'not yet'} | | | |`
    const seeds = runs.length > 1 ? ` (${runs.length} seeds)` : ''
    const age = code === codeOf(recipe.name) ? '' : ', of an earlier form'
    const goals = summary(runs, recipes.isReached).filter(m => goalText(m))
    const lines = goals.map(m => `${m.name} ${cells(m)}`)
    const wanted = goals.map(m => `${goalText(m)}${m.reached ? '' : ': **missed**'}`)
    const others = goals.map(m =>
      Object.entries(m.baselines)
        .map(([n, v]) => `${n} ${valueText(v, m.unit)}`)
        .join(', '),
    )
    const minutes = (medianOf(runs.map(r => r.seconds)) / 60).toFixed(1)
    return `${head} ${[lines, wanted, others].map(c => c.join('<br>')).join(' | ')} | ${minutes}${seeds}${age} |`
  })
  return [
    begin,
    '| recipe | data | reached | goal | something simpler | minutes |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    `Of several seeds the median, and the range. Measured on ${[
      ...new Set(
        Object.values(found)
          .map(r => r.machine)
          .filter(Boolean),
      ),
    ].join('; ')}.`,
    end,
  ].join('\n')
}

async function written() {
  const text = readFileSync(readme, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`)
  return { text, next: text.slice(0, from) + (await table()) + text.slice(to + end.length) }
}

const words = process.argv.slice(2)
if (words[0] === '--check') {
  const { text, next } = await written()
  if (text !== next) {
    console.error("the README's table of recipes is not that of recipes.json: node tools/recipes.mjs --table")
    process.exitCode = 1
  }
} else {
  if (words[0] !== '--table') {
    const { recipes } = await import('@diffeo/node')
    const unknown = words.filter(word => !recipes.recipeNames.includes(word))
    if (unknown.length > 0) {
      console.error(`there is no recipe '${unknown.join("', '")}'; there are ${recipes.recipeNames.join(', ')}`)
      process.exit(2)
    }
    const chosen = words.length > 0 ? await Promise.all(words.map(recipes.recipeNamed)) : await recipes.allRecipes()
    console.log(
      `${chosen.map(r => `${r.name} (${r.seeds} × ${r.minutes} min)`).join(', ')}: about ${Math.ceil(chosen.reduce((n, r) => n + r.seeds * r.minutes, 0))} min in all`,
    )
    for (const recipe of chosen) {
      const machine = `${availableParallelism()} cores of ${cpus()[0].model.trim()}, Node ${process.versions.node}`
      const date = new Date().toISOString().slice(0, 10)
      const result = { ...runRecipe(recipe), code: codeOf(recipe.name), machine, date }
      const all = kept()
      if (result.runs && summary(result.runs, recipes.isReached).some(m => !m.reached)) {
        console.log(`── ${recipe.name}: a goal was missed`)
        process.exitCode = 1
      }
      const sorted = Object.fromEntries(
        recipes.recipeNames.map(n => [n, n === recipe.name ? result : all.recipes[n]]).filter(([, r]) => r),
      )
      writeFileSync(results, `${JSON.stringify({ recipes: sorted }, null, 2)}\n`)
    }
  }
  writeFileSync(readme, (await written()).next)
}
