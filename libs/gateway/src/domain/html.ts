// The frame of the few pages that Drover sends itself. Never: a text from elsewhere in a page that was not `escaped`.
/** Text that a page cannot take for more. */
export const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A page, to send as it is. */
export const html = (title: string, head: string, body: string) => ({
  mediaType: 'text/html; charset=utf-8',
  body: [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>${head}</head>`,
    `<body>${body}</body></html>`,
    '',
  ].join('\n'),
});
