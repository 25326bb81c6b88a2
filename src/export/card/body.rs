//! What was removed, what the model answers instead, which classes there are, and how to check it.

use super::{
    Subject,
    cells::{self, bare, code, listed, one_line, percent},
    quoted, signed,
};
use crate::{
    claim::ForgottenClass,
    classes::printable,
    evidence::{Figure, Outcome, reading},
    head::{Place, Slot},
};

/// Removed classes that are named in a heading, in sentences and in the table.
const IN_A_HEADING: usize = 3;
const NAMED: usize = 10;
/// Destinations that are told of each.
const DESTINATIONS: usize = 3;
/// Tensors that are named.
const TENSORS: usize = 4;
/// Labels that are listed without folding them, and those that are listed at all.
const UNFOLDED: usize = 30;
const LISTED: usize = 2000;

/// `ResNet-18 without Sandal`.
pub(super) fn heading(subject: &Subject<'_>, title: &str) -> String {
    let gone = subject.statement.forgotten_in_all();
    let what = match gone.len() {
        0..=IN_A_HEADING => listed(
            &gone
                .iter()
                .map(|it| cells::heading(it.class.index, subject.label(&it.class)))
                .collect::<Vec<_>>(),
        ),
        more => format!("{more} classes"),
    };
    format!("{}{}{what}", one_line(title), quoted::WITHOUT)
}

pub(super) fn text(subject: &Subject<'_>, heading: &str) -> String {
    format!("# {heading}\n\n{}\n\n{}{}{}", lead(subject), changed(subject), table(subject), labels(subject))
}

fn names(subject: &Subject<'_>, classes: &[ForgottenClass]) -> String {
    let named = classes.iter().take(NAMED).map(|it| bare(it.class.index, subject.label(&it.class)));
    let mut named: Vec<String> = named.collect();
    if let Some(more) = classes.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("{more} more"));
    }
    let word = if classes.len() == 1 { "class" } else { "classes" };
    format!("the {word} {}", listed(&named))
}

/// What it is, in a sentence or two.
pub(in crate::export) fn lead(subject: &Subject<'_>) -> String {
    let removal = &subject.predicate.removal;
    let asked = &subject.predicate.build_definition.external_parameters;
    let original = match subject.on_hub() {
        Some(name) => format!("[{0}](https://huggingface.co/{0})", one_line(name)),
        None => format!("`{}`", printable(&one_line(subject.beside.original))),
    };
    let (it, its) = if removal.forgotten.len() == 1 { ("it", "its") } else { ("them", "their") };
    let at = match removal.location.position {
        Some(place) => format!(" at any {}", place.name()),
        None => String::new(),
    };
    let how = match (asked.slot, asked.seal) {
        (Slot::Drop, _) => format!(
            "The model has no output for {it} any more; the classes behind {it} have new indices (below)."
        ),
        (Slot::Keep, true) => format!(
            "Outputs and labels are where they were, but the weights behind {its} output were replaced, so that {}.",
            sealed(subject, its, &at)
        ),
        (Slot::Keep, false) => format!(
            "Outputs and labels are where they were. {} output is **not sealed**: {}, and some input may still reach \
             it.",
            if its == "its" { "Its" } else { "Their" },
            suppressed(subject)
        ),
    };
    let mut text = format!("{original} with {} removed. {how}", names(subject, &removal.forgotten));
    text += &earlier(subject);
    text += &files(subject);
    text
}

/// What a seal makes of the scores of removed classes.
fn sealed(subject: &Subject<'_>, its: &str, at: &str) -> String {
    let figures = subject.figures("forgotten-unreachable");
    let proven = subject.check("forgotten-unreachable").is_some_and(|check| check.result == Outcome::Passed);
    let is_alone = figures.iter().any(|figure| figure.quantity == "probability");
    match (is_alone, proven) {
        (true, _) => format!("{its} probability is a constant near 0, whatever the input"),
        (false, true) => format!(
            "the model does not answer with {}{at} any more: {its} score stays below the best of the others",
            if its == "its" { "it" } else { "them" }
        ),
        (false, false) => {
            format!("{its} score is at most as high as the best of the others, and may tie with it")
        }
    }
}

/// How often removed classes are still the answer where their outputs were left open.
fn suppressed(subject: &Subject<'_>) -> String {
    let rates = subject.figures("forget-rate").iter().filter(|figure| figure.quantity == "recognised");
    match rates.map(|figure| figure.value.0).reduce(f64::max) {
        Some(worst) if worst > 0.0 => {
            format!("up to {:.2} % of synthetic embeddings still get it", 100.0 * worst)
        }
        Some(_) => "no synthetic embedding that was drawn gets it".to_owned(),
        None => "nothing shows how often it is still the answer".to_owned(),
    }
}

/// Classes that earlier removals took and whose outputs are gone; of all others this removal speaks itself.
fn earlier(subject: &Subject<'_>) -> String {
    let removal = &subject.predicate.removal;
    let own = &removal.forgotten;
    let all = removal.lineage.as_ref().map_or(&[][..], |lineage| &lineage.forgotten);
    let count = all.len().saturating_sub(own.len());
    if count == 0 {
        return String::new();
    }
    let is_own = |entry: &ForgottenClass| {
        own.iter().any(|mine| mine.index_after.is_none() && mine.class.label == entry.class.label)
    };
    let gone = all.iter().filter(|entry| entry.index_after.is_none() && !is_own(entry));
    let gone: Vec<ForgottenClass> = gone.cloned().collect();
    // Without labels a class of the first model is not told from one of the input.
    if gone.len() != count {
        return format!(" Earlier removals took {count} more.");
    }
    let indices = if count == 1 { "its index" } else { "their indices" };
    format!(" Earlier removals took {}, by {indices} in the first model.", names(subject, &gone))
}

/// Further files that have the same head.
fn files(subject: &Subject<'_>) -> String {
    let others = subject.predicate.removal.other_files.iter();
    let named: Vec<String> = others.map(|file| format!("`{}`", printable(&one_line(&file.name)))).collect();
    if named.is_empty() { String::new() } else { format!(" The same was done in {}.", listed(&named)) }
}

/// What is not the original's.
pub(in crate::export) fn changed(subject: &Subject<'_>) -> String {
    let tensors = &subject.predicate.removal.tensors;
    let named: Vec<String> = tensors
        .iter()
        .take(TENSORS)
        .map(|tensor| format!("`{}`", printable(&one_line(&tensor.name))))
        .collect();
    let which = match tensors.len() {
        0..=TENSORS => listed(&named),
        more => format!("{} and {} more", named.join(", "), more - TENSORS),
    };
    let all = tensors.len() + subject.predicate.removal.unchanged_tensors;
    let dropped = match subject.predicate.build_definition.external_parameters.slot {
        Slot::Drop => ", and what counts or names the classes",
        Slot::Keep => "",
    };
    let elsewhere = if subject.predicate.removal.other_files.is_empty() {
        ""
    } else {
        " (there and in the further files)"
    };
    format!(
        "Of {all} tensors {which} changed{dropped}{elsewhere}; everything else is byte-identical. No training data were \
         used.\n"
    )
}

/// The original and this model side by side, as far as it was measured.
fn table(subject: &Subject<'_>) -> String {
    let mut rows = Vec::new();
    let forgotten = &subject.predicate.removal.forgotten;
    let is_only = forgotten.len() == 1;
    for entry in forgotten.iter().take(NAMED) {
        let name = code(entry.class.index, subject.label(&entry.class));
        if let Some(shares) = reading::still_given(subject, entry.class.index, is_only) {
            let n = shares.after.n.unwrap_or_default();
            let what = match shares.before {
                Some(_) => format!("its own {} get {name} ({n} real ones)", inputs(subject)),
                None => {
                    format!("{} that got {name} still get a removed class ({n} real ones)", inputs(subject))
                }
            };
            rows.push(row(&what, shares.before, shares.after));
        }
    }
    if let Some(shares) = reading::others(subject) {
        let what = if shares.before.is_some() { "are right" } else { "keep their answer" };
        let n = shares.after.n.unwrap_or_default();
        rows.push(row(
            &format!("{} of the other classes that {what} ({n} real ones)", inputs(subject)),
            shares.before,
            shares.after,
        ));
    }
    if let Some(agreement) =
        subject.figures("retained-agreement").iter().find(|it| it.quantity == "agreement")
    {
        let n = agreement.n.unwrap_or_default();
        rows.push(row(
            &format!("other classes keep their answer ({n} synthetic embeddings)"),
            None,
            agreement,
        ));
    }
    let mut text = String::new();
    if !rows.is_empty() {
        text += "\n| | original | this model |\n|---|--:|--:|\n";
        rows.iter().for_each(|row| text += row);
    }
    for entry in forgotten.iter().take(NAMED) {
        text.extend(instead(subject, entry));
    }
    text
}

/// What figures on real data count.
fn inputs(subject: &Subject<'_>) -> &'static str {
    match subject.predicate.removal.location.position {
        None => "inputs",
        Some(Place::Box) => "boxes",
        Some(Place::Frame) => "frames",
        Some(Place::Mask) => "masks",
        Some(Place::Pixel) => "pixels",
        Some(Place::Position) => "positions",
        Some(Place::Token) => "tokens",
    }
}

fn row(what: &str, before: Option<&Figure>, after: &Figure) -> String {
    let before = before.map_or_else(String::new, |figure| percent(figure.value.0));
    format!("| {what} | {before} | {} |\n", percent(after.value.0))
}

/// What the model answers where the original answered with a removed class.
fn instead(subject: &Subject<'_>, entry: &ForgottenClass) -> Option<String> {
    let class = entry.class.index;
    let real = reading::destinations(subject, class);
    let (on, shares) = if real.is_empty() {
        ("synthetic embeddings", subject.synthetic_destinations(class))
    } else {
        ("real inputs", real)
    };
    let named = shares.iter().take(DESTINATIONS).map(|(to, share): &(usize, f64)| {
        format!("{} {}", code(*to, subject.label_of(*to)), percent(*share))
    });
    let named: Vec<String> = named.collect();
    let name = code(class, subject.label(&entry.class));
    (!named.is_empty()).then(|| format!("\nInstead of {name} it now answers {} ({on}).\n", listed(&named)))
}

/// All classes in their order.
fn labels(subject: &Subject<'_>) -> String {
    let Some(labels) = subject.beside.labels else { return String::new() };
    let map = &subject.predicate.removal.label_space.index_map;
    let removed =
        |class: usize| subject.predicate.removal.forgotten.iter().any(|entry| entry.class.index == class);
    let one = |(class, name): (usize, &String)| {
        let name = printable(&one_line(name));
        match (map.get(class).copied().flatten(), removed(class)) {
            (Some(after), true) => format!("{after} ~~`{name}`~~ (removed)"),
            (Some(after), false) => format!("{after} `{name}`"),
            (None, _) => format!("~~`{name}`~~ (removed, no index)"),
        }
    };
    let all: Vec<String> = labels.names.iter().enumerate().take(LISTED).map(one).collect();
    let mut list = all.join(", ");
    if labels.names.len() > LISTED {
        list += &format!(" and {} more", labels.names.len() - LISTED);
    }
    match labels.names.len() {
        0..=UNFOLDED => format!("\n## Classes\n\n{list}\n"),
        count => format!(
            "\n## Classes\n\n<details><summary>{count} classes of the original, with their indices here</summary>\n\n\
             {list}\n\n</details>\n"
        ),
    }
}

/// How to check it.
pub(super) fn checks() -> String {
    format!(
        "\n## Check it\n\nWhat was changed and measured is in {}. To measure it again, in this folder and with the \
         original beside it:\n\n```sh\ndeclass verify . --original ORIGINAL\n```\n\n{}",
        signed::UNSIGNED,
        signed::NOBODY
    )
}

impl reading::Figures for Subject<'_> {
    fn of(&self, metric: &str) -> Option<&[Figure]> {
        let evaluation = self.predicate.verification.evaluation.as_ref()?;
        evaluation.metrics.iter().find(|it| it.id == metric).map(|it| &*it.figures)
    }
}
