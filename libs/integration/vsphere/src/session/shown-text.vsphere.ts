// Texts of the provider as they may be shown and asked for. Never: half of a character, or a sign that steers a terminal.

/** What steers a terminal, turns the text around it over, or is half of a character: no request may hold it either. */
const UNSHOWN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u{202A}-\u{202E}\u{2066}-\u{2069}]/gu;

/** A text of the provider's as it is shown: what cannot be is replaced, so that the text can be asked for as it is read. */
export const shownText = (text: string) => text.replace(UNSHOWN, '\u{FFFD}');

/** The beginning of a text, of so many UTF-16 units at most, without half of a character at its end. */
export const cutText = (text: string, longest: number) => text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '');
