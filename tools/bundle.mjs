/**
 * @file Bundles the library for `npm pack`: one core file a condition (node, browser), and small files that re-export
 * parts of it, so that there is one Tensor class whichever subpaths are imported. Declarations stay as tsc emits them.
 * In Node what compiles is a file beside the core, `backends.js`, which is read when a device is first used; bundlers,
 * which cannot see that, take the entries below `whole/` (docs/decisions/011-backends-load-late.md).
 *
 *   node tools/bundle.mjs            into packages/diffeo/bundle
 *   node tools/bundle.mjs FOLDER     for a copy of the package there
 *   --partial                        leaves out, with a word, subpaths that are not written yet
 */
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { importsOf } from './layers.mjs'

const repository = join(dirname(fileURLToPath(import.meta.url)), '..')
export const conditions = ['node', 'browser']

/** Subpaths that package.json promises: 'diffeo/nn' → 'nn'. */
const subpaths = folder => Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).exports)
  .filter(key => key !== '.' && key !== './package.json').map(key => key.slice(2))

const LATE = '\0backends'
/**
 * Entries that load the condition's entry, side effects and all, and export it (`index`) or one folder of it; `whole:`
 * ones load the backends too.
 */
const facades = (src, condition) => {
  const path = (...names) => JSON.stringify(join(src, ...names))
  const entry = `index.${condition}.ts`
  const exported = part => `import ${path(entry)}
export * from ${part === 'index' ? path(entry) : path(part, 'index.ts')}`
  const provided = () => `import { registrations } from ${path('backends.node.ts')}
import { provide } from ${JSON.stringify(LATE)}
provide(registrations)
`
  return {
    name: 'facades',
    resolveId: id => (/^(facade|whole):/.test(id) ? `\0${id}` : null),
    load: id => {
      const [, kind, part] = /^\0(facade|whole):(.*)$/.exec(id) ?? []
      if (kind === undefined) return null
      return (kind === 'whole' ? provided() : '') + exported(part)
    },
  }
}

/** In place of the entry's import of backends.node.ts: its one function, from a file that is read when it is called. */
const late = {
  name: 'late backends',
  resolveId: (id, importer) => {
    const imported = /[\\/]backends\.node\.ts$/.test(id) && /[\\/]index\.node\.ts$/.test(importer ?? '')
    return id === LATE || imported ? LATE : null
  },
  load: id => (id === LATE
    ? `import { createRequire } from 'node:module'
let whole
export const provide = registrations => { whole = registrations }
export const registrations = () => (whole ?? createRequire(import.meta.url)('./backends.js').registrations)()`
    : null),
}

/**
 * Escapes in place of what is not ASCII: engines keep such a file at one byte a character, and read it in a tenth less
 * time.
 */
const ascii = {
  name: 'ascii',
  renderChunk: code => code.replace(/[^\0-\x7f]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
}

/** The modules that a file needs when it is loaded, itself among them; `without` are not followed. */
function needed(file, without = new Set(), seen = new Set()) {
  if (seen.has(file) || without.has(file)) return seen
  seen.add(file)
  for (const { to, typeOnly, late } of importsOf(file, readFileSync(file, 'utf8')))
    if (to.startsWith('.') && !typeOnly && !late) needed(resolve(dirname(file), to), without, seen)
  return seen
}

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
  const src = realpathSync(join(folder, 'src'))
  rmSync(join(folder, 'bundle'), { recursive: true, force: true })
  const { there, missing } = writtenSubpaths(folder)
  return Promise.all(
    conditions.map(async condition => {
      const problems = []
      const node = condition === 'node'
      const backends = join(src, 'backends.node.ts')
      const core = needed(join(src, `index.${condition}.ts`), new Set(node ? [backends] : []))
      const compiler = node ? needed(backends, core) : new Set()
      const parts = ['index', ...there]
      const build = await rolldown({
        input: {
          ...Object.fromEntries(parts.map(part => [part, `facade:${part}`])),
          ...(node ? Object.fromEntries(parts.map(part => [`whole/${part}`, `whole:${part}`])) : {}),
          ...(node ? { backends } : {}),
          // read by import(), when the first such file is
          pytorch: join(src, 'io/pytorch/index.ts'),
        },
        external: /^node:/,
        platform: condition,
        // how long bundling takes depends on the machine: no problem of the bundle
        checks: { bundlerTimings: false, pluginTimings: false },
        plugins: [facades(src, condition), ascii, ...(node ? [late] : [])],
        tsconfig: join(repository, 'tsconfig.base.json'),
        treeshake: {
          moduleSideEffects: [{
            test: /\0(facade|whole):|\/index\.(node|browser)\.ts$|\/ops\/index\.ts$|\/install\.ts$/, sideEffects: true,
          }],
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
        codeSplitting: {
          groups: [
            { name: 'core', test: id => core.has(id) || id === LATE || id.startsWith('\0rolldown/') },
            { name: 'compiler', test: id => compiler.has(id) },
          ],
        },
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
