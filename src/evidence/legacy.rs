//! The names that figures had in claims of version 1: sentences with classes, labels and strata inside.
//!
//! One table serves both directions: an old claim is read as [`Figure`]s ([`v1_figure`]), and a policy of
//! version 1, which names figures by these sentences, is held against new ones ([`v1_name`]).

use super::{Figure, Side};
use crate::classes::{Labels, describe};

/// What a name of version 1 says that a figure has fields for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Named {
    /// The quantity.
    pub quantity: &'static str,
    /// The class it is about.
    pub class: Option<usize>,
    /// The class that it leads to.
    pub to: Option<usize>,
    /// The kind of embeddings or of treatment.
    pub stratum: Option<String>,
    /// Which of the two models.
    pub side: Option<Side>,
}

/// What the name of a figure in a claim of version 1 says; `check` is the id of its check or metric. A label
/// inside a name is skipped: the index stands before it. `None` if no check of that version had such a
/// figure.
#[must_use]
pub fn v1_figure(check: &str, name: &str) -> Option<Named> {
    templates(check).find_map(|template| template.read(name))
}

/// The name that a figure has in a claim of version 1, with the labels that the original carries; `None` if
/// that version had no such figure.
#[must_use]
pub fn v1_name(check: &str, figure: &Figure, labels: Option<&Labels>) -> Option<String> {
    templates(check).find_map(|template| template.write(figure, labels))
}

fn templates(check: &str) -> impl Iterator<Item = &'static Template> {
    TABLE.iter().filter(move |(id, _)| *id == check).flat_map(|(_, templates)| *templates)
}

/// How a name was written, and what it says. In the name `{index}` stands for a class, `{class}` for one with
/// its label if it has any, `{to}` for the class that it leads to, `{side}` for `before` or `after`,
/// `{stratum}` for a stratum and `{words}` for one with blanks in place of dashes. Side and stratum can also
/// be said by the other words of a name.
struct Template {
    name: &'static str,
    quantity: &'static str,
    stratum: Option<&'static str>,
    side: Option<Side>,
}

impl Template {
    fn read(&self, name: &str) -> Option<Named> {
        let mut named = Named {
            quantity: self.quantity,
            class: None,
            to: None,
            stratum: self.stratum.map(String::from),
            side: self.side,
        };
        let mut rest = name;
        for piece in pieces(self.name) {
            rest = match piece {
                "{class}" | "{index}" | "{to}" => {
                    let (class, rest) = if piece == "{index}" { index(rest)? } else { described(rest)? };
                    if piece == "{to}" {
                        named.to = Some(class)
                    } else {
                        named.class = Some(class)
                    }
                    rest
                }
                "{side}" => {
                    let side = Side::BOTH.into_iter().find(|side| rest.starts_with(side.name()))?;
                    named.side = Some(side);
                    &rest[side.name().len()..]
                }
                "{stratum}" => stratum(&mut named, rest, |c| c.is_ascii_alphanumeric() || c == '-')?,
                "{words}" => stratum(&mut named, rest, |c| c.is_ascii_alphanumeric() || c == ' ')?,
                words => rest.strip_prefix(words)?,
            };
        }
        rest.is_empty().then_some(named)
    }

    fn write(&self, figure: &Figure, labels: Option<&Labels>) -> Option<String> {
        let has = |place: &str| self.name.contains(place);
        let stratum = figure.stratum.as_deref();
        let fits = self.quantity == figure.quantity
            && (has("{class}") || has("{index}")) == figure.class.is_some()
            && has("{to}") == figure.to.is_some()
            && if has("{side}") { figure.side.is_some() } else { figure.side == self.side }
            && if has("{stratum}") || has("{words}") { stratum.is_some() } else { stratum == self.stratum };
        if !fits {
            return None;
        }
        let written = pieces(self.name).map(|piece| match piece {
            "{class}" => figure.class.map(|class| describe(class, labels)),
            "{index}" => figure.class.map(|class| class.to_string()),
            "{to}" => figure.to.map(|to| describe(to, labels)),
            "{side}" => figure.side.map(|side| side.name().to_owned()),
            "{stratum}" => stratum.map(String::from),
            "{words}" => stratum.map(|words| words.replace('-', " ")),
            words => Some(words.to_owned()),
        });
        written.collect()
    }
}

/// The places and the words of a template, in their order.
fn pieces(template: &'static str) -> impl Iterator<Item = &'static str> {
    // A place begins at `{` and ends behind `}`; words lie between.
    template.split_inclusive('}').flat_map(|part| {
        let (words, place) = part.split_at(part.find('{').unwrap_or(part.len()));
        [words, place].into_iter().filter(|piece| !piece.is_empty())
    })
}

/// A class at the beginning of a text, and what is behind it.
fn index(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// The same, and a label in backticks may follow. No label has one inside: [`describe`] takes them out.
fn described(text: &str) -> Option<(usize, &str)> {
    let (class, rest) = index(text)?;
    let behind = rest.strip_prefix(" `").and_then(|label| label.split_once('`'));
    Some((class, behind.map_or(rest, |(_, rest)| rest)))
}

/// Takes the longest stratum at the beginning of a text, and leaves what is behind it.
fn stratum<'t>(named: &mut Named, text: &'t str, belongs: impl Fn(char) -> bool) -> Option<&'t str> {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let (found, rest) = text.split_at(end);
    named.stratum = Some(found.replace(' ', "-"));
    (!found.is_empty()).then_some(rest)
}

/// Said by the words of a name, or by a place in it.
const fn plain(name: &'static str, quantity: &'static str) -> Template {
    Template { name, quantity, stratum: None, side: None }
}

const fn before(name: &'static str, quantity: &'static str) -> Template {
    Template { name, quantity, stratum: None, side: Some(Side::Before) }
}

const fn after(name: &'static str, quantity: &'static str) -> Template {
    Template { name, quantity, stratum: None, side: Some(Side::After) }
}

const fn within(stratum: &'static str, template: Template) -> Template {
    Template { stratum: Some(stratum), ..template }
}

/// Every name of version 1, by check and metric.
static TABLE: [(&str, &[Template]); 21] = [
    // Checks of the gate.
    (
        "only-head-changed",
        &[plain("tensors changed", "tensors-changed"), plain("values changed", "values-changed")],
    ),
    (
        "forgotten-unreachable",
        &[
            after("radius of class {index}", "radius"),
            before("radius in the original of class {index}", "radius"),
            after("margin of class {index}", "margin"),
            within("non-negative", after("radius of class {index} among non-negative embeddings", "radius")),
            within(
                "non-negative",
                before("radius of class {index} among non-negative embeddings in the original", "radius"),
            ),
            plain("largest norm of an embedding", "largest-norm"),
            before("classes out of reach of that norm in the original", "classes-out-of-reach"),
            after("classes out of reach of that norm", "classes-out-of-reach"),
            after("probability of class {index}", "probability"),
        ],
    ),
    (
        "forget-rate",
        &[
            after("class {index} recognised in {stratum}", "recognised"),
            plain("draws of class {index} by Markov chains", "markov-chain-draws"),
        ],
    ),
    (
        "retained-agreement",
        &[
            plain("agreement", "agreement"),
            plain("agreement in {stratum}", "agreement"),
            plain("worst class {class}", "worst-class-agreement"),
        ],
    ),
    // An id of the gate and one of the metrics: the same names in both, and one more in the latter.
    (
        "retained-divergence",
        &[
            plain("mean", "mean-divergence"),
            plain("99th percentile", "p99-divergence"),
            plain("mean over all classes", "mean-divergence-over-all-classes"),
        ],
    ),
    (
        "retained-logits",
        &[plain("retained rows moved", "rows-moved"), plain("largest change", "largest-logit-change")],
    ),
    (
        "quantised",
        &[
            after("forgotten recognised at worst, {stratum}", "worst-recognised"),
            plain("retained agreement, {stratum}", "agreement"),
            plain("agreement of the worst retained class, {stratum}", "worst-class-agreement"),
        ],
    ),
    (
        "head-bias",
        &[
            after("mean forgotten less mean retained bias", "mean-bias-difference"),
            after("bias score", "bias-score"),
            after("gap of the median", "median-bias-gap"),
            after("gap of the least", "least-bias-gap"),
            plain("share of the bias in the lost margin of class {index}", "bias-share-of-lost-margin"),
        ],
    ),
    (
        "restoration",
        &[
            after("copies of a forgotten row", "copies"),
            before("class {index} recognised by the original", "recognised"),
            after("class {index} recognised by the candidate", "recognised"),
            within("rebuilt-row", after("class {index} recognised by the rebuilt row", "recognised")),
        ],
    ),
    (
        "assumptions",
        &[
            before("gradient lowers the own class", "lowers-own-class"),
            before("gradient raises every retained class", "raises-every-retained-class"),
            before("both", "lowers-own-and-raises-every-retained-class"),
            before("smallest alignment of a forgotten class", "smallest-forgotten-alignment"),
            before("largest alignment of a retained class", "largest-retained-alignment"),
        ],
    ),
    // Metrics on labelled data.
    ("forgotten-accuracy", &[plain("{side}", "accuracy"), plain("{class} {side}", "accuracy")]),
    ("retained-accuracy", &[plain("{side}", "accuracy"), plain("change", "accuracy-change")]),
    (
        "aus",
        &[
            plain("AUS", "aus"),
            before("A_or", "retained-accuracy"),
            after("A_t", "retained-accuracy"),
            after("A_f", "forgotten-accuracy"),
        ],
    ),
    (
        "class-drift",
        &[
            plain("smallest change", "smallest-accuracy-change"),
            plain("5th percentile of the changes", "p5-accuracy-change"),
            plain("{class} {side}", "accuracy"),
        ],
    ),
    ("routing", &[after("{class} to {to}", "share")]),
    (
        "calibration",
        &[plain("ECE {side}", "expected-calibration-error"), plain("NLL {side}", "negative-log-likelihood")],
    ),
    ("forgotten-margin", &[plain("mean {side}", "mean-margin"), plain("largest {side}", "largest-margin")]),
    (
        "relearning",
        &[
            after("{class} {stratum}: forgotten accuracy", "forgotten-accuracy"),
            after("{class} {stratum}: retained accuracy", "retained-accuracy"),
            after("{class} {stratum}: least forgotten accuracy", "least-forgotten-accuracy"),
            after("{class} {stratum}: largest forgotten accuracy", "largest-forgotten-accuracy"),
            after("{class} {stratum}: restoration", "restoration"),
        ],
    ),
    ("linear-probe", PROBE),
    ("nearest-centre", PROBE),
    (
        "membership",
        &[
            plain("forgotten {side}, {words}: AUC", "forgotten-auc"),
            plain("forgotten {side}, {words}: TPR at 1 % FPR", "forgotten-tpr"),
            plain("retained {side}, {words}: AUC", "retained-auc"),
            plain("retained {side}, {words}: TPR at 1 % FPR", "retained-tpr"),
        ],
    ),
];

/// Whatever was fitted anew on the features, before or after alike.
const PROBE: &[Template] = &[
    plain("forgotten accuracy", "forgotten-accuracy"),
    plain("retained accuracy", "retained-accuracy"),
    plain("forgotten accuracy, {words}", "forgotten-accuracy"),
    plain("retained accuracy, {words}", "retained-accuracy"),
];

#[cfg(test)]
mod tests;
