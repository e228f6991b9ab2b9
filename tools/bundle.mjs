/**
 * @file Bundles the library for `npm pack`: one core file a condition (node, browser), and small files that re-export
 * parts of it, so that there is one Tensor class whichever subpaths are imported. Declarations stay as tsc emits them.
 *
 *   node tools/bundle.mjs            into packages/diffeo/bundle
 *   node tools/bundle.mjs FOLDER     for a copy of the package there
 *   --partial                        leaves out, with a word, subpaths that are not written yet
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { importsOf } from './layers.mjs'

const repository = join(dirname(fileURLToPath(import.meta.url)), '..')
export const conditions = ['node', 'browser']

/** Subpaths that package.json promises: 'diffeo/nn' → 'nn'. */
const subpaths = folder => Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).exports)
  .filter(key => key !== '.' && key !== './package.json').map(key => key.slice(2))

/** An entry that loads the condition's entry, side effects and all, and exports one folder of it. */
const facades = (src, condition) => ({
  name: 'facades',
  resolveId: id => (id.startsWith('facade:') ? `\0${id}` : null),
  load: id => (id.startsWith('\0facade:')
    ? `import ${JSON.stringify(join(src, `index.${condition}.ts`))}
export * from ${JSON.stringify(join(src, id.slice('\0facade:'.length), 'index.ts'))}`
    : null),
})

/** Whether a file and all that it imports are there. */
function complete(file, seen = new Set()) {
  if (seen.has(file)) return true
  seen.add(file)
  return existsSync(file) && importsOf(file, readFileSync(file, 'utf8'))
    .every(({ to }) => !to.startsWith('.') || complete(resolve(dirname(file), to), seen))
}

/** The promised subpaths that are written, and those that are not (or import what is not). */
export function writtenSubpaths(folder) {
  const all = subpaths(folder)
  const there = all.filter(part => complete(join(folder, 'src', part, 'index.ts')))
  return { there, missing: all.filter(part => !there.includes(part)) }
}

/** @returns {Promise<{ condition: string, files: { name: string, bytes: number }[], missing: string[] }[]>} */
export async function bundlePackage(folder) {
  const src = join(folder, 'src')
  rmSync(join(folder, 'bundle'), { recursive: true, force: true })
  const { there, missing } = writtenSubpaths(folder)
  return Promise.all(
    conditions.map(async condition => {
      const problems = []
      const build = await rolldown({
        input: {
          index: join(src, `index.${condition}.ts`),
          ...Object.fromEntries(there.map(part => [part, `facade:${part}`])),
        },
        external: /^node:/,
        platform: condition,
        plugins: [facades(src, condition)],
        tsconfig: join(repository, 'tsconfig.base.json'),
        treeshake: {
          moduleSideEffects: [
            { test: /\0facade:|\/index\.(node|browser)\.ts$|\/ops\/index\.ts$|\/install\.ts$/, sideEffects: true },
          ],
        },
        onLog: (level, log) => {
          if (level === 'warn') problems.push(log.message)
        },
      })
      const { output } = await build.write({
        dir: join(folder, 'bundle', condition),
        format: 'esm',
        entryFileNames: '[name].js',
        chunkFileNames: '[name].js',
        codeSplitting: { groups: [{ name: 'core', test: /\.ts$/ }] },
        comments: { legal: true, annotation: true, jsdoc: false },
        minify: false,
      })
      await build.close()
      if (problems.length > 0) throw new Error(`bundle (${condition}): ${problems.join('\n')}`)
      const files = output.map(({ fileName, code }) => ({ name: fileName, bytes: Buffer.byteLength(code ?? '') }))
      check(condition, output)
      return { condition, files, missing }
    }),
  )
}

/** What the packaging rules forbid, looked for in what was made. */
function check(condition, output) {
  for (const chunk of output) {
    if (chunk.type !== 'chunk') throw new Error(`bundle (${condition}): ${chunk.fileName} is no code`)
    const foreign = [...chunk.imports, ...chunk.dynamicImports].filter(id => !output.some(o => o.fileName === id))
    const allowed = condition === 'node' ? /^node:/ : /^$/
    const wrong = foreign.filter(id => !allowed.test(id))
    if (wrong.length > 0) throw new Error(`bundle (${condition}): ${chunk.fileName} imports ${wrong.join(', ')}`)
    if (condition === 'browser' && /\bimport\.meta\b/.test(chunk.code))
      throw new Error(`bundle (browser): import.meta in ${chunk.fileName}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [named] = process.argv.slice(2).filter(a => !a.startsWith('-'))
  const folder = resolve(named ?? join(repository, 'packages/diffeo'))
  for (const { condition, files, missing } of await bundlePackage(folder)) {
    console.log(`${condition}: ${files.map(f => `${f.name} ${Math.ceil(f.bytes / 1024)} kB`).join(', ')}`)
    if (missing.length > 0) {
      console.error(`${condition}: package.json exports what is not there: ${missing.join(', ')}`)
      if (!process.argv.includes('--partial')) process.exitCode = 1
    }
  }
  const kept = readdirSync(join(folder, 'bundle'))
  if (kept.length !== conditions.length) throw new Error(`bundle/ has ${kept.join(', ')}`)
}
