//! What can be told of a page without a browser.

use std::collections::BTreeMap;

use super::super::page::{self, prose};

/// Colours by their names, of each block of the style that sets them.
fn palettes() -> Vec<BTreeMap<String, [f64; 3]>> {
    let style = include_str!("../page/style.css");
    let colour = |hex: &str| {
        let digits: String = match hex.len() {
            3 => hex.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => hex.to_owned(),
        };
        [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0)
    };
    let block = |text: &str| {
        let pairs = text[..text.find('}').unwrap()].split([';', '{']);
        let pairs = pairs.filter_map(|pair| pair.trim().strip_prefix("--")?.split_once(": #"));
        pairs.map(|(name, hex)| (name.to_owned(), colour(hex))).collect()
    };
    style.split(":root").skip(1).map(block).collect()
}

/// Contrast of two colours as WCAG 2.2 defines it, from 1 to 21.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn everybody_can_read_it_on_light_and_dark_screens_and_on_paper() {
    let palettes = palettes();
    assert_eq!(palettes.len(), 3);
    for colours in palettes {
        for text in ["ink", "soft", "gone", "yes", "no", "maybe"] {
            for ground in ["paper", "box"] {
                let found = contrast(colours[text], colours[ground]);
                assert!(found >= 4.5, "{text} on {ground}: {found:.2}");
            }
        }
        for bar in ["before", "after"] {
            assert!(contrast(colours[bar], colours["paper"]) >= 2.9, "{bar}");
        }
    }
}

#[test]
fn what_a_model_says_is_text_and_nothing_else() {
    let label = "<script>alert(1)</script>`\u{202e}&\"";
    let shown = prose::named(3, Some(label)).into_string();
    assert_eq!(shown, "<code>&lt;script&gt;alert(1)&lt;/script&gt;'\u{fffd}&amp;&quot;</code> (3)");
    let whole = page::whole(label, &prose::sentence("a `b|<i>` **c** <u>"));
    assert!(whole.contains("a <code>b|&lt;i&gt;</code> <strong>c</strong> &lt;u&gt;"), "{whole}");
    assert!(
        !whole.contains("<script") && !whole.contains("<i>") && whole.contains("default-src 'none'"),
        "{whole}"
    );
}
