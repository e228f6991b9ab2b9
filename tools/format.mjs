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
const tooLong = line => [...line].length > COLUMNS
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
    else if (node.type === 'Literal' && typeof node.value === 'string' && text[node.start] === '"')
      found.doubles.push(node)
    if (text[node.end - 1] === ';') found.semicolons.add(node.end - 1)
  }
  return found
}

const atLineEnd = (text, at) => /^[ \t]*(\/\/.*)?(\r?\n|$)/.test(text.slice(at + 1, at + 200))
/** A line that is not to be broken: one word (an address), or one text of a message and nothing else. */
const unbreakable = line => /^\s*((\*|\/\/) )?\S+$/.test(line) || /^\s*(['`]).*\1( \+|,)?$/.test(line)

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
    if (tooLong(line) && !unbreakable(line)) say(i, `${[...line].length} columns (at most ${COLUMNS})`)
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
  for (const node of doubles)
    if (!/['\\]/.test(text.slice(node.start, node.end))) chars[node.start] = chars[node.end - 1] = "'"
  const kept = at => verbatim.some(([start, end]) => at >= start && at < end)
  for (const m of text.matchAll(/[ \t]+$/gm)) if (!kept(m.index)) chars.fill('', m.index, m.index + m[0].length)
  return `${chars.join('').trimEnd()}\n`
}

/** Moves what is too much of a comment's line to its next line, or to a new one. */
function wrapComments(path, text) {
  const { comments } = parseSync(path, text)
  const parts = []
  let from = 0
  for (const { start, end } of comments) {
    const begin = text.lastIndexOf('\n', start) + 1
    if (begin < from || text.slice(begin, start).trim() !== '' || !atLineEnd(text, end - 1)) continue
    parts.push(text.slice(from, begin), wrapComment(text.slice(begin, end).split('\n')).join('\n'))
    from = end
  }
  return parts.join('') + text.slice(from)
}

function wrapComment(lines) {
  const [, indent, one] = /^( *)\/\*\* (.*) \*\/$/.exec(lines[0]) ?? []
  if (lines.length === 1 && one !== undefined && tooLong(lines[0]))
    lines = [`${indent}/**`, `${indent} * ${one}`, `${indent} */`]
  const out = []
  for (let i = 0; i < lines.length; i++) {
    const [, head, words] = /^( *(?:\*|\/\/) )(.*)$/.exec(lines[i]) ?? []
    const cut = tooLong(lines[i]) && words ? lines[i].lastIndexOf(' ', COLUMNS) : -1
    if (cut < (head?.length ?? 0) || unbreakable(lines[i])) { out.push(lines[i]); continue }
    out.push(lines[i].slice(0, cut))
    const rest = lines[i].slice(cut + 1)
    const next = lines[i + 1]
    const goesOn = next?.startsWith(head) && /^[^@\-\s*|]/.test(next.slice(head.length))
    if (goesOn) lines[i + 1] = `${head}${rest} ${next.slice(head.length)}`
    else lines.splice(i + 1, 0, `${head}${rest}`)
  }
  return out
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
  const places = new Set(['start', 'end', 'range', 'loc', 'parent', 'raw', 'hashbang'])
  return JSON.stringify(parseSync(path, text, { preserveParens: false }).program, (key, value) => {
    if (places.has(key)) return undefined
    if (typeof value === 'bigint') return `${value}n`
    return value
  })
}

/** Takes from oxfmt's layout those places alone where our line is too long. */
async function breakLongLines(path, text) {
  const { format } = await import('oxfmt')
  const options = { semi: false, singleQuote: true, printWidth: COLUMNS, arrowParens: 'avoid' }
  const formatted = (await format(path, text, options)).code
  const before = text.split('\n')
  const after = formatted.split('\n')
  const long = hunks(before, after).filter(([a, b]) => before.slice(a, b).some(tooLong))
  const original = meaning(path, text)
  const keeps = taken => sameMeaning(path, patched(before, after, taken), original)
  if (keeps(long)) return patched(before, after, long)
  const taken = []
  for (const hunk of long) if (keeps([...taken, hunk])) taken.push(hunk)
  return patched(before, after, taken)
}

function patched(before, after, taken) {
  const out = []
  let from = 0
  for (const [a, b, c, d] of taken) {
    out.push(...before.slice(from, a), ...after.slice(c, d))
    from = b
  }
  return [...out, ...before.slice(from)].join('\n')
}

function sameMeaning(path, text, original) {
  try {
    return meaning(path, text) === original
  } catch {
    return false
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
      const mended = await breakLongLines(path, wrapComments(path, mendInPlace(path, text)))
      if (mended !== text) writeFileSync(path, text = mended)
    }
    for (const { line, message } of checkFormat(path, text)) {
      count++
      console.error(`${relative(process.cwd(), path)}:${line}: ${message}`)
    }
  }
  console.log(
    count === 0 ? `format: ${files.length} files in order` : `format: ${count} problems (npm run format mends most)`,
  )
  process.exitCode = count === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
