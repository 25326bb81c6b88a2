//! Pages that people look at: the frame around the sections, how everything looks, and what several pages have in
//! common. Everything is in the one file: no scripts, no pictures or fonts from elsewhere.

pub(super) mod bars;
pub(super) mod matrix;
pub(super) mod prose;
pub(super) mod tensors;

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// How it looks: on light and dark screens, on narrow ones, and on paper.
const STYLE: &str = include_str!("style.css");

/// A whole document.
pub(super) fn whole(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing from elsewhere is ever asked for, whatever a label says.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    page.into_string() + "\n"
}

/// A part of the page; nothing if there is nothing to say.
pub(super) fn section(heading: &str, body: Option<Markup>) -> Markup {
    html! {
        @if let Some(body) = body {
            section { h2 { (heading) } (body) }
        }
    }
}

/// Something long, folded up until the reader opens it; paper shows what was open on the screen.
pub(super) fn folded(summary: &str, is_open: bool, body: &Markup) -> Markup {
    html! { details open[is_open] { summary { (summary) } (body) } }
}

/// A table that is moved sideways in its own box where the screen is too narrow.
pub(super) fn wide(table: &Markup) -> Markup {
    html! { div.wide tabindex="0" { (table) } }
}
