//! Figures on data of the user, and whose data they were.

use super::{Subject, cells::one_line, quoted};
use crate::{
    claim::{RecordedEvaluation, Tier},
    evidence::words,
    export::Words,
};

/// How the part about figures on real inputs begins.
const BEGIN: &str = "\n## Measured on ";
/// Figures of a metric that are listed.
const LISTED: usize = 12;

pub(super) fn text(subject: &Subject<'_>) -> String {
    subject
        .predicate
        .verification
        .evaluation
        .as_ref()
        .map_or_else(String::new, |evaluation| section(evaluation, subject.beside.words))
}

fn section(evaluation: &RecordedEvaluation, words_of: Words) -> String {
    let kind = if evaluation.tier() == Tier::T1 { "unlabelled" } else { "labelled" };
    let data = evaluation.data.iter().map(|data| {
        let digest = one_line(&data.digest.sha256);
        format!(
            "`{}`, {} embeddings of width {} (SHA-256 `{digest}`)",
            one_line(&data.name),
            data.rows,
            data.width
        )
    });
    let mut text = format!(
        "{BEGIN}{kind} data\n\nBy whoever made this model, on data of their own: {}. `declass verify` measures again where \
         it is given the same data.\n\n<details><summary>All figures</summary>\n\n",
        data.collect::<Vec<_>>().join(" and ")
    );
    for metric in &evaluation.metrics {
        let shows = (words_of.metric)(&metric.id, metric.version).map_or("", |definition| definition.shows);
        text += &format!("- {}: {shows}\n", metric.id.replace('-', " "));
        let figures = metric.figures.iter().filter(|figure| figure.to.is_none() || figure.unit != "rows");
        let lines: Vec<String> = figures.map(|figure| one_line(&words::line(figure, None))).collect();
        lines.iter().take(LISTED).for_each(|line| text += &format!("  - {line}\n"));
        if lines.len() > LISTED {
            text += &format!("  - and {} more, in the claim\n", lines.len() - LISTED);
        }
    }
    for id in &evaluation.not_run {
        text += &format!("- {}: not measured\n", one_line(id).replace('-', " "));
    }
    text + "\n</details>\n"
}

/// A card of a release with other figures on real inputs than those that it has, if it has any; what others wrote
/// stays.
#[must_use]
pub fn with_figures(card: &str, evaluation: &RecordedEvaluation, words: Words) -> String {
    let (ours, original) = card.split_at(quoted::border(card).unwrap_or(card.len()));
    let text = section(evaluation, words);
    let Some(from) = ours.find(BEGIN) else {
        let gap = if ours.ends_with('\n') || ours.is_empty() { "" } else { "\n" };
        return [ours, gap, &text, original].concat();
    };
    // Up to the next heading: what others wrote below stays.
    let behind = &ours[from + BEGIN.len()..];
    let to = behind.find("\n## ").map_or(ours.len(), |at| from + BEGIN.len() + at);
    [&ours[..from], &text, &ours[to..], original].concat()
}
