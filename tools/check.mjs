/**
 * @file All checks, cheapest first: format, lint, layers, types, parity, bundle, recipes' table, tests. `npm run check`
 * and CI run it.
 *
 *   node tools/check.mjs             stops at the first that fails
 *   node tools/check.mjs --all       goes on, and fails at the end (CI)
 *
 * The last line of the output counts the tests.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = join(dirname(fileURLToPath(import.meta.url)), '..')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const bin = name => join(repository, 'node_modules', '.bin', name)
const scratch = mkdtempSync(join(tmpdir(), 'diffeo-check-'))
const results = join(scratch, 'tests.json')

const steps = [
  ['format', process.execPath, ['tools/format.mjs']],
  ['lint', bin('oxlint'), ['--quiet', 'packages', 'tools', 'bench', 'examples']],
  ['layers', process.execPath, ['tools/layers.mjs']],
  ['types', bin('tsc'), ['-b']],
  ['types of tests', bin('tsc'), ['-p', 'tsconfig.test.json']],
  ['parity', process.execPath, ['tools/parity.mjs']],
  ['bundle', process.execPath, ['tools/bundle.mjs']],
  ['recipes', process.execPath, ['tools/recipes.mjs', '--check']],
  ['tests', npm, ['test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`]],
]

const run = (command, args) => spawnSync(command, args, { cwd: repository, stdio: 'inherit' }).status === 0

/** What vitest counted. A file that could not be loaded is a failure too. */
function counts() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(results, 'utf8'),
    )
    const broken = testResults.filter(
      f => f.status === 'failed' && !f.assertionResults.some(t => t.status === 'failed'),
    )
    return { passed: numPassedTests, failed: numFailedTests + broken.length, skipped: numPendingTests + numTodoTests }
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

const failed = []
for (const [name, command, args] of steps) {
  const start = performance.now()
  console.log(`── ${name}`)
  if (!run(command, args)) failed.push(name)
  console.log(
    `── ${name}: ${failed.at(-1) === name ? 'FAILED' : 'ok'}, ${((performance.now() - start) / 1000).toFixed(1)} s`,
  )
  if (failed.length > 0 && !process.argv.includes('--all')) break
}
const { passed, failed: broken, skipped } = counts()
rmSync(scratch, { recursive: true, force: true })
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`)
// vitest also fails for errors outside of any test
const count = broken === 0 && failed.includes('tests') ? 1 : broken
console.log(`${passed} passed, ${count} failed, ${skipped} skipped`)
process.exitCode = failed.length === 0 ? 0 : 1
