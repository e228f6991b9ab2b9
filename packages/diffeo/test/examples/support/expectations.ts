/**
 * @file What a page says that its code prints: `console.log(x) // → 3`, or below it `// → …` with further lines
 * `//   …`; `f(x) // throws ShapeError: …` for a statement of one line that throws.
 */

export interface Expectation {
  readonly line: number
  readonly kind: 'prints' | 'throws'
  readonly text: string
}

export interface Instrumented {
  /** The source, line for line, with calls of `__print(line, …)` and `__throws(line, …)` in it. */
  readonly source: string
  readonly expected: readonly Expectation[]
}

const arrow = /^(.*?)\s*\/\/ → ?(.*)$/
const throwing = /^(\s*)(.*?)\s*\/\/ throws (\w.*)$/

export function instrument(source: string): Instrumented {
  const expected: Expectation[] = []
  const lines = source.split('\n')
  const out = [...lines]
  for (let i = 0; i < lines.length; i++) {
    const thrown = throwing.exec(lines[i])
    if (thrown) {
      expected.push({ line: i + 1, kind: 'throws', text: thrown[3] })
      out[i] = `${thrown[1]}await __throws(${i + 1}, async () => { ${thrown[2]} })`
      continue
    }
    const shown = arrow.exec(lines[i])
    if (!shown) continue
    const at = shown[1].trim() === '' ? i - 1 : i
    if (!lines[at]?.includes('console.log(')) {
      throw new Error(`line ${i + 1}: '// →' stands behind console.log, or on the line below it`)
    }
    const more: string[] = []
    while (/^\s*\/\/ {2,}\S/.test(lines[i + 1] ?? '')) more.push(lines[++i].replace(/^\s*\/\//, ''))
    expected.push({ line: at + 1, kind: 'prints', text: [shown[2], ...more].join(' ') })
    out[at] = lines[at].replace('console.log(', `__print(${at + 1}, `)
  }
  return { source: out.join('\n'), expected }
}

const number = /-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi

/** Whether what was printed is what the page shows: but for white space, numbers to the digits shown, `…` anything. */
export function agrees(printed: string, shown: string): boolean {
  const squeeze = (text: string): string =>
    text.replaceAll(/\s+/g, ' ').replaceAll(/([[({]) | (?=[\])}])/g, '$1').trim()
  const parts = squeeze(shown).split('…').map(part => {
    const pieces: string[] = []
    let from = 0
    for (const match of part.matchAll(number)) {
      pieces.push(escape(part.slice(from, match.index)), '(-?[\\d.]+(?:e[-+]?\\d+)?|-?Infinity|NaN)')
      from = match.index + match[0].length
    }
    return [...pieces, escape(part.slice(from))].join('')
  })
  const found = new RegExp(`^${parts.join('.*?')}$`, 's').exec(squeeze(printed))
  if (!found) return false
  return (squeeze(shown).match(number) ?? []).every((text, i) => closeTo(Number(found[i + 1]), text))
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Rounds to the digits that are shown. */
function closeTo(value: number, text: string): boolean {
  const [digits, exponent = '0'] = text.toLowerCase().split('e')
  const decimals = digits.includes('.') ? digits.length - digits.indexOf('.') - 1 : 0
  if (decimals === 0 && exponent === '0') return value === Number(text)
  return Math.abs(value - Number(text)) <= 0.500001 * 10 ** (Number(exponent) - decimals)
}
