// The little of Markdown that the core writes: paragraphs, lists, listings, rules, `code` and **words**. Nothing in it becomes a tag.
import { html } from "./elements.js";

/** @param {string} text */
export function formatted(text) {
  const made = [];
  for (const part of text.split(/(```[^\n]*\n[\s\S]*?\n```)/)) {
    const listing = part.match(/^```[^\n]*\n([\s\S]*?)\n```$/);
    if (listing) made.push(html("pre", {}, listing[1]));
    else
      made.push(
        ...part
          .trim()
          .split(/\n{2,}/)
          .filter(Boolean)
          .map(block),
      );
  }
  return made;
}

/** @param {string} text */
function block(text) {
  if (text === "---") return html("hr", {});
  if (text.startsWith("- "))
    return html(
      "ul",
      {},
      ...text
        .slice(2)
        .split("\n- ")
        .map((row) => html("li", {}, ...words(row))),
    );
  return html("p", {}, ...text.split(/ {2}\n/).flatMap((line, number) => [...(number ? [html("br", {})] : []), ...words(line)]));
}

/** @param {string} text */
const words = (text) =>
  text
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .filter(Boolean)
    .map((piece) => {
      if (/^`.+`$/.test(piece)) return html("code", {}, piece.slice(1, -1));
      return /^\*\*.+\*\*$/.test(piece) ? html("b", {}, piece.slice(2, -2)) : piece;
    });
