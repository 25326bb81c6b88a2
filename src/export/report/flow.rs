//! Where inputs of a removed class go now: ribbons from the class to its destinations.

use maud::{Markup, html};

use super::{
    super::card::Subject,
    super::page::{prose::class, section},
    Report, claimed,
};
use crate::evidence::reading;

/// Removed classes that are drawn, and destinations of each; the rest is one more.
const DRAWN: usize = 12;
const DESTINATIONS: usize = 6;
/// Height of a row in the units of the picture, and its width.
const ROW: f64 = 100.0;
const WIDTH: f64 = 100.0;

pub(super) fn html(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let forgotten = &subject.predicate.removal.forgotten;
    let drawn: Vec<(usize, Destinations)> = forgotten
        .iter()
        .map(|entry| entry.class.index)
        .filter_map(|index| Some((index, destinations(subject, index)?)))
        .take(DRAWN)
        .collect();
    let body = (!drawn.is_empty()).then(|| {
        html! {
            @if drawn.iter().any(|(_, to)| to.is_real) { (claimed(report)) }
            p.soft {
                @if drawn.iter().all(|(_, to)| to.is_real) {
                    "Inputs with the label of a removed class (or to which the original gave it), and what they get now."
                } @else {
                    "Synthetic embeddings to which the original gives a removed class, and what they get now: drawn at \
                     random, they say where the weights lead, not how often real inputs go there."
                }
            }
            @for (removed, to) in &drawn { (one(subject, *removed, to)) }
            @if forgotten.len() > drawn.len() {
                p.soft { "Drawn are " (drawn.len()) " of " (forgotten.len()) " removed classes; the claim has what is known of the others." }
            }
        }
    });
    section("Where its inputs go now", body)
}

/// Classes that inputs of a removed class get, and their shares, the largest first.
struct Destinations {
    is_real: bool,
    shares: Vec<(Option<usize>, f64)>,
}

fn destinations(subject: &Subject<'_>, removed: usize) -> Option<Destinations> {
    let real = reading::destinations(subject, removed);
    let is_real = !real.is_empty();
    let all = if is_real { real } else { subject.synthetic_destinations(removed) };
    if all.is_empty() {
        return None;
    }
    let mut shares: Vec<(Option<usize>, f64)> =
        all.iter().take(DESTINATIONS).map(|(to, share)| (Some(*to), *share)).collect();
    // Claims name the largest destinations only.
    let rest = 1.0 - shares.iter().map(|(_, share)| share).sum::<f64>();
    if rest > 0.0005 {
        shares.push((None, rest));
    }
    Some(Destinations { is_real, shares })
}

fn one(subject: &Subject<'_>, removed: usize, to: &Destinations) -> Markup {
    let rows = to.shares.len() as f64;
    let view = format!("0 0 {WIDTH} {}", rows * ROW);
    let mut from = 0.0;
    let ribbons: Vec<String> = to
        .shares
        .iter()
        .enumerate()
        .map(|(at, (_, share))| {
            let thickness = share.clamp(0.0, 1.0) * ROW;
            let path =
                ribbon((rows * ROW - ROW) / 2.0 + from, (at as f64 + 0.5) * ROW - thickness / 2.0, thickness);
            from += thickness;
            path
        })
        .collect();
    html! {
        div.flow {
            p { "removed: " (class(subject, removed)) }
            div.band {
                svg viewBox=(view) preserveAspectRatio="none" aria-hidden="true" {
                    @for path in &ribbons { path d=(path) {} }
                }
            }
            ol {
                @for (to, share) in &to.shares {
                    li {
                        strong { (format!("{:.1} %", 100.0 * share)) }
                        @match to { Some(to) => (class(subject, *to)), None => "all others" }
                    }
                }
            }
        }
    }
}

/// A band of one thickness from the left edge at `from` to the right edge at `to`.
fn ribbon(from: f64, to: f64, thickness: f64) -> String {
    let half = WIDTH / 2.0;
    format!(
        "M0 {from:.2}C{half} {from:.2} {half} {to:.2} {WIDTH} {to:.2}V{:.2}C{half} {:.2} {half} {:.2} 0 {:.2}Z",
        to + thickness,
        to + thickness,
        from + thickness,
        from + thickness,
    )
}
