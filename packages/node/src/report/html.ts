/** @file HTML from values: nothing of a run's files is taken for markup. */

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escape = (text: string): string => text.replace(/[&<>"']/g, c => entities[c])

export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[], kind = ''): string => {
  const line = (cells: readonly (string | number)[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map(c => `<${tag}>${escape(String(c))}</${tag}>`).join('')}</tr>`
  const heading = head.length > 0 ? line(head, 'th') : ''
  return `<table${kind && ` class="${kind}"`}>${heading}${rows.map(r => line(r, 'td')).join('')}</table>`
}

/** A part of the page; nothing, where there is nothing to show. */
export const section = (title: string, body: string): string =>
  body && `<section><h2>${escape(title)}</h2>${body}</section>`

const style = `
:root { color-scheme: light dark; --line: #8884; --ink: CanvasText }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
.numbers td + td, .numbers th + th { text-align: right }
.matrix td, .matrix th { text-align: right; border: 0 }
.charts { display: flex; flex-wrap: wrap; gap: 1rem }
.chart { width: 460px; max-width: 100% }
.chart text { font-size: 11px; fill: var(--ink) }
.chart text[fill] { fill: revert-layer }
.grid { stroke: var(--line) }
figure { display: inline-block; margin: 0 .8rem .8rem 0; font-size: 12px; width: 92px; vertical-align: top }
figure img { width: 84px; image-rendering: pixelated; display: block; background: #000 }
figure { text-align: left }`

/** A page by itself: no script, nothing from elsewhere. */
export const page = (title: string, body: string): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(title)}</title><style>${style}</style></head>
<body><h1>${escape(title)}</h1>
${body}
</body></html>
`
