/** @file Results as text: a confusion matrix, pictures in characters, probabilities. */
import type { RawImages } from '../datasets/images.ts'
import { isReached, type Measure } from '../measure.ts'

export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

/** A value of a measure, as people read it. */
export function valueText(value: number, unit?: string): string {
  if (unit === 'share') return percent(value)
  const number = Number.isInteger(value) && Math.abs(value) < 1e9 ? value.toLocaleString('en-US')
    : String(Number(value.toPrecision(4)))
  return unit ? `${number} ${unit}` : number
}

/** What must be reached: '≥ 97.50 %'; empty, where there is no goal. */
export function goalText({ atLeast, atMost, unit }: Measure): string {
  return [
    ...(atLeast === undefined ? [] : [`≥ ${valueText(atLeast, unit)}`]),
    ...(atMost === undefined ? [] : [`≤ ${valueText(atMost, unit)}`]),
  ].join(', ')
}

export const stateText = (measure: Measure, quick = false): string =>
  quick ? 'not asked of a quick run' : isReached(measure) ? 'reached' : 'NOT reached'

/** A line a measure: what was reached, the goal (but of a quick run), and what something simpler reaches. */
export function measureLines(measures: readonly Measure[], quick = false): string[] {
  const width = Math.max(0, ...measures.map(m => m.name.length))
  return measures.map(m => {
    const goal = goalText(m) && ` (${stateText(m, quick)}: ${goalText(m)})`
    const others = Object.entries(m.baselines ?? {}).map(([name, value]) => `${name} ${valueText(value, m.unit)}`)
    const reached = `${m.name.padEnd(width)}  ${valueText(m.value, m.unit)}${goal}`
    return [reached, ...(others.length > 0 ? [others.join(', ')] : [])].join('; ')
  })
}

/** Rows are what it was, columns what was said. */
export function confusionMatrix(counts: readonly (readonly number[])[], names: readonly string[]): string {
  const width = Math.max(4, ...counts.flat().map(n => String(n).length + 1), ...names.map(n => n.length + 1))
  const label = Math.max(...names.map(n => n.length), 'true'.length)
  const row = (head: string, cells: readonly string[], tail: string): string =>
    `${head.padStart(label)} │${cells.map(c => c.padStart(width)).join('')} │ ${tail}`
  const lines = counts.map((r, i) => {
    const total = r.reduce((a, b) => a + b, 0)
    return row(names[i], r.map(n => (n === 0 ? '·' : String(n))), total > 0 ? percent(r[i] / total) : '—')
  })
  return [
    row('true', names, 'found'),
    `${'─'.repeat(label + 1)}┼${'─'.repeat(width * names.length + 1)}┼────────`,
    ...lines,
  ].join('\n')
}

const shades = ' .:-=+*#%@'

/** Lines of a picture of numbers from 0 to 1, two rows a line, as characters are twice as high as wide. */
export function draw(pixels: ArrayLike<number>, width: number, height: number, scale = 1): string[] {
  const lines: string[] = []
  for (let y = 0; y < height; y += 2) {
    let line = ''
    for (let x = 0; x < width; x++) {
      const lower = y + 1 < height ? pixels[(y + 1) * width + x] : pixels[y * width + x]
      const value = (pixels[y * width + x] + lower) / 2 / scale
      line += shades[Math.min(shades.length - 1, Math.max(0, Math.round(value * (shades.length - 1))))]
    }
    lines.push(line)
  }
  return lines
}

/** Blocks of lines beside each other. */
export function beside(blocks: readonly (readonly string[])[], gap = '  '): string {
  const height = Math.max(...blocks.map(b => b.length))
  const widths = blocks.map(b => Math.max(...b.map(l => l.length)))
  return Array.from({ length: height }, (_, y) =>
    blocks
      .map((b, i) => (b[y] ?? '').padEnd(widths[i]))
      .join(gap)
      .trimEnd(),
  ).join('\n')
}

/** Some test images with what was said of them: first right ones, then wrong ones. */
export function samples(
  raw: RawImages,
  predicted: ArrayLike<number>,
  names: readonly string[],
  columns: number,
): string {
  const { labels, pixels, width, height } = raw
  const each = Math.max(1, Math.floor((columns + 2) / (width + 2)))
  const indices = Array.from(labels, (_, i) => i)
  const block = (i: number): string[] => {
    const [said, is] = [names[predicted[i]], names[labels[i]]]
    return [
      said === is ? `${said}, right` : `${said}, but it is ${is}`,
      ...draw(pixels.subarray(i * width * height, (i + 1) * width * height), width, height, 255),
    ]
  }
  const rows = [
    indices.filter(i => predicted[i] === labels[i]).slice(0, each),
    indices.filter(i => predicted[i] !== labels[i]).slice(0, each),
  ]
  return rows.filter(r => r.length > 0).map(r => beside(r.map(block))).join('\n')
}

/** Each class with its probability, and a bar. */
export function probabilityTable(probabilities: ArrayLike<number>, names: readonly string[]): string {
  const label = Math.max(...names.map(n => n.length))
  const best = names.reduce((b, _, i) => (probabilities[i] > probabilities[b] ? i : b), 0)
  return names
    .map((name, i) => {
      const p = probabilities[i]
      const bar = '█'.repeat(Math.round(p * 30))
      return `${i === best ? '>' : ' '} ${name.padStart(label)}  ${percent(p).padStart(8)}  ${bar}`.trimEnd()
    })
    .join('\n')
}
