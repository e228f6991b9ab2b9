/** @file A chart of lines as SVG. */
import { escape } from './html.ts'

export interface Line { readonly name: string; readonly points: readonly (readonly [number, number])[] }

const [width, height] = [460, 240]
const [left, right, top, bottom] = [56, 12, 12, 40]
const colours = ['#1f6fb2', '#d1622b', '#3a8f4d', '#8957b5']

/** About so many round numbers from low to high. */
export function ticks(low: number, high: number, count = 5): number[] {
  const raw = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = power * [1, 2, 5, 10].find(m => m * power >= raw)!
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

const bounds = (values: readonly number[]): [number, number] => {
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity])
  const room = high > low ? 0 : Math.abs(low) / 2 || 1
  return [low - room, high + room]
}
const label = (x: number): string => String(Number(x.toPrecision(6)))

/** Lines over epochs. Points that are no finite numbers are left out. */
export function chart(title: string, lines: readonly Line[]): string {
  const shown = lines.map(l => ({ ...l, points: l.points.filter(p => p.every(Number.isFinite)) }))
  const all = shown.flatMap(l => l.points)
  if (all.length === 0) return ''
  const [x0, x1] = bounds(all.map(p => p[0]))
  const [y0, y1] = bounds(all.map(p => p[1]))
  const x = (v: number): string => (left + ((v - x0) / (x1 - x0)) * (width - left - right)).toFixed(1)
  const y = (v: number): string => (height - bottom - ((v - y0) / (y1 - y0)) * (height - top - bottom)).toFixed(1)
  const rows = ticks(y0, y1).map(v =>
    `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(v)}" y2="${y(v)}"/>`
    + `<text x="${left - 6}" y="${y(v)}" dy="4" text-anchor="end">${label(v)}</text>`)
  const columns = ticks(x0, x1).filter(Number.isInteger)
    .map(v => `<text x="${x(v)}" y="${height - bottom + 16}" text-anchor="middle">${v}</text>`)
  const drawn = shown.map(({ name, points }, i) => {
    const colour = colours[i % colours.length]
    const path = points.map(([a, b]) => `${x(a)},${y(b)}`).join(' ')
    const dots =
      points.length > 60
        ? ''
        : points
            .map(
              ([a, b]) =>
                `<circle cx="${x(a)}" cy="${y(b)}" r="2.5" fill="${colour}"><title>${escape(name)}, epoch ${a}: ${label(b)}</title></circle>`,
            )
            .join('')
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}` +
      `<text x="${left + i * 130}" y="${height - 6}" fill="${colour}">● ${escape(name)}</text>`
    )
  })
  return `<svg class="chart" role="img" aria-label="${escape(title)}" viewBox="0 0 ${width} ${height}">`
    + `${rows.join('')}${columns.join('')}${drawn.join('')}</svg>`
}
