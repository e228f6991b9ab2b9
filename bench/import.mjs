/**
 * @file What `import 'diffeo'` costs: the time of a process that imports it ÷ that of one that does nothing, in turn.
 *
 *   npm run build && node bench/import.mjs [module]      30 of each; `module` in place of 'diffeo'
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const module = process.argv[2] ?? 'diffeo'
const cwd = join(dirname(fileURLToPath(import.meta.url)), '..')
const programs = [['-e', '0'], ['--input-type=module', '-e', `import '${module}'`]]
const times = programs.map(() => [])
for (let i = 0; i < 30; i++) {
  programs.forEach((args, which) => {
    const start = performance.now()
    const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    times[which].push(performance.now() - start)
  })
}
const sorted = times.map(all => all.sort((a, b) => a - b))
const [medians, least] = [15, 0].map(at => sorted.map(all => all[at]))
console.log(`node -e 0: ${medians[0].toFixed(0)} ms, import '${module}': ${medians[1].toFixed(0)} ms; `
  + `ratio of medians ${(medians[1] / medians[0]).toFixed(2)}, of the least ${(least[1] / least[0]).toFixed(2)}`)
