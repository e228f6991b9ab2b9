/**
 * @file The format check, and the formatter. The house style is dense: lines are full where that reads well, so no
 * formatter owns the layout. What is checked: at most 120 columns, two-space steps, single quotes, no semicolon at the
 * end of a line, no tab, no trailing space, one line feed at the end.
 *
 *   node tools/format.mjs [files]          checks all sources, or these
 *   node tools/format.mjs --fix [files]    mends what can be: statements with too long a line are laid out by oxfmt
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'rolldown/utils'

export const COLUMNS = 120
const repository = join(dirname(fileURLToPath(import.meta.url)), '..')
const skipped = new Set(['node_modules', 'dist', 'bundle', 'coverage', 'runs', 'fixtures', '__pycache__', '.git'])

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) { if (!skipped.has(entry.name)) yield* sources(path) }
    else if (/\.(ts|mts|mjs|js)$/.test(entry.name) && !entry.name.endsWith('.d.ts')) yield path
  }
}

/** All nodes of a syntax tree. */
function* nodes(tree) {
  const stack = [tree]
  while (stack.length > 0) {
    const node = stack.pop()
    if (typeof node.type === 'string') yield node
    for (const key in node) {
      const value = node[key]
      if (Array.isArray(value)) { for (const v of value) if (v && typeof v === 'object') stack.push(v) }
      else if (value && typeof value === 'object' && key !== 'parent' && !(value instanceof RegExp)) stack.push(value)
    }
  }
}

/** What the text of a file is made of, as far as format cares. */
function read(path, text) {
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
  const found = { semicolons: new Set(), doubles: [], verbatim: comments.map(c => [c.start, c.end]) }
  for (const node of nodes(program)) {
    if (node.type === 'TemplateElement') found.verbatim.push([node.start, node.end])
    else if (node.type === 'Literal' && typeof node.value === 'string' && text[node.start] === '"') found.doubles.push(node)
    if (text[node.end - 1] === ';') found.semicolons.add(node.end - 1)
  }
  return found
}

const atLineEnd = (text, at) => /^[ \t]*(\/\/.*)?(\r?\n|$)/.test(text.slice(at + 1, at + 200))
/** A line that cannot be broken: a long text or address without a space to break at. */
const unbreakable = line => !/\S\s+\S/.test(line.trim().replace(/^(\*|\/\/)\s+/, ''))

/**
 * @param {string} path @param {string} text
 * @returns {{ line: number, message: string }[]}
 */
export function checkFormat(path, text) {
  const problems = []
  const lines = text.split('\n')
  const starts = []
  lines.reduce((at, line) => (starts.push(at), at + line.length + 1), 0)
  const lineAt = at => { let i = starts.length - 1; while (starts[i] > at) i--; return i }
  const say = (line, message) => problems.push({ line: line + 1, message })
  const { semicolons, doubles, verbatim } = read(path, text)
  const inside = new Set()
  for (const [start, end] of verbatim) for (let i = lineAt(start) + 1; i <= lineAt(end); i++) inside.add(i)
  lines.forEach((line, i) => {
    if ([...line].length > COLUMNS && !unbreakable(line)) say(i, `${[...line].length} columns (at most ${COLUMNS})`)
    if (/[ \t]$/.test(line) && !inside.has(i + 1)) say(i, 'trailing space')
    if (line.includes('\t')) say(i, 'a tab (write two spaces, or \\t)')
    if (line.endsWith('\r')) say(i, 'a carriage return')
    if (!inside.has(i) && /^ */.exec(line)[0].length % 2 === 1) say(i, 'indented by an odd number of spaces')
  })
  for (const at of semicolons) if (atLineEnd(text, at)) say(lineAt(at), 'a semicolon at the end of the line')
  for (const node of doubles) if (!node.value.includes("'")) say(lineAt(node.start), 'a double-quoted text')
  if (!text.endsWith('\n') || text.endsWith('\n\n')) say(lines.length - 1, 'the file must end with one line feed')
  return problems.sort((a, b) => a.line - b.line)
}

/** The text without what can be dropped or exchanged in place. */
function mendInPlace(path, text) {
  const { semicolons, doubles, verbatim } = read(path, text)
  const chars = [...Array(text.length).keys()].map(i => text[i])
  for (const at of semicolons) if (atLineEnd(text, at)) chars[at] = ''
  for (const node of doubles) if (!/['\\]/.test(text.slice(node.start, node.end))) chars[node.start] = chars[node.end - 1] = "'"
  const kept = at => verbatim.some(([start, end]) => at >= start && at < end)
  for (const m of text.matchAll(/[ \t]+$/gm)) if (!kept(m.index)) chars.fill('', m.index, m.index + m[0].length)
  return `${chars.join('').trimEnd()}\n`
}

/** Pairs of [from, to) in `a` and in `b` that differ: the hunks of a line diff (Myers' O(ND)). */
function hunks(a, b) {
  const trace = []
  const furthest = new Map([[1, 0]])
  const at = k => furthest.get(k) ?? -1
  search: for (let d = 0; d <= a.length + b.length; d++) {
    trace.push(new Map(furthest))
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      furthest.set(k, x)
      if (x >= a.length && x - k >= b.length) break search
    }
  }
  const out = []
  let x = a.length, y = b.length
  for (let d = trace.length - 1; d > 0; d--) {
    const was = k => trace[d].get(k) ?? -1
    const k = x - y
    const before = k === -d || (k !== d && was(k - 1) < was(k + 1)) ? k + 1 : k - 1
    const px = was(before), py = px - before
    while (x > px && y > py && !(x === px + (before < k ? 1 : 0) && y === py + (before > k ? 1 : 0))) { x--; y-- }
    const last = out.at(-1)
    if (last && last[0] === x && last[2] === y) { last[0] = px; last[2] = py } else out.push([px, x, py, y])
    x = px
    y = py
  }
  return out.reverse()
}

/** A syntax tree as text without places: equal before and after formatting. */
function meaning(path, text) {
  const places = new Set(['start', 'end', 'range', 'loc', 'parent'])
  return JSON.stringify(parseSync(path, text).program, (key, value) => {
    if (places.has(key)) return undefined
    if (typeof value === 'bigint') return `${value}n`
    return key === 'raw' && typeof value === 'string' ? value.replace(/^["']|["']$/g, '') : value
  })
}

/** Takes from oxfmt's layout those places alone where our line is too long. */
async function breakLongLines(path, text) {
  const { format } = await import('oxfmt')
  const options = { semi: false, singleQuote: true, printWidth: COLUMNS, arrowParens: 'avoid' }
  const formatted = (await format(path, text, options)).code
  const before = text.split('\n')
  const after = formatted.split('\n')
  const tooLong = line => [...line].length > COLUMNS
  const out = []
  let from = 0
  for (const [a, b, c, d] of hunks(before, after)) {
    out.push(...before.slice(from, a))
    out.push(...(before.slice(a, b).some(tooLong) ? after.slice(c, d) : before.slice(a, b)))
    from = b
  }
  const mended = [...out, ...before.slice(from)].join('\n')
  try {
    return meaning(path, mended) === meaning(path, text) ? mended : text
  } catch {
    return text
  }
}

async function main(args) {
  const fix = args.includes('--fix')
  const named = args.filter(a => !a.startsWith('-'))
  const files = named.length > 0 ? named : [...sources(repository)]
  let count = 0
  for (const path of files) {
    let text = readFileSync(path, 'utf8')
    if (fix) {
      const mended = await breakLongLines(path, mendInPlace(path, text))
      if (mended !== text) writeFileSync(path, text = mended)
    }
    for (const { line, message } of checkFormat(path, text)) {
      count++
      console.error(`${relative(process.cwd(), path)}:${line}: ${message}`)
    }
  }
  console.log(count === 0 ? `format: ${files.length} files in order` : `format: ${count} problems (npm run format mends most)`)
  process.exitCode = count === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
