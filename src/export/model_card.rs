//! A model card for a hub: front matter that it reads, and text for people. All of it is in the claim; what
//! the original's card said (licence, library, task) is not, and belongs to whoever publishes.

use serde_json::json;

use super::{
    ClaimFile, Words,
    front::{RemovalBlock, TAGS},
    yaml::quoted,
};
use crate::{
    claim::{
        ForgottenClass, Parameters, Predicate, RecordedCheck, RecordedEvaluation, Tier, Verdict, Verification,
    },
    evidence::{Definition, Figure, Outcome, words},
    head::Slot,
};

/// How package URLs of models on the Hugging Face Hub begin.
const ON_HUB: &str = "pkg:huggingface/";

pub(super) fn export(claim: &ClaimFile<'_>, model: &str) -> String {
    let predicate = &claim.statement.predicate;
    let evaluation = predicate.verification.evaluation.as_ref();
    let front = [
        base_model(predicate),
        TAGS.iter().fold("tags:\n".to_owned(), |text, tag| text + &format!("- {tag}\n")),
        removal(claim),
        evaluation.map_or_else(String::new, |evaluation| model_index(evaluation, model)),
    ];
    let body = [
        summary(claim, model),
        checks(&predicate.verification, claim.words),
        evaluation.map_or_else(String::new, |evaluation| measured(evaluation, claim.words)),
        not_claimed(predicate),
    ];
    format!("---\n{}---\n{}", front.concat(), body.concat())
}

/// The input, if it is one of the Hub. A changed head is what the Hub calls a fine-tuned model.
fn base_model(predicate: &Predicate) -> String {
    let inputs = &predicate.build_definition.resolved_dependencies;
    let mut on_hub = inputs.iter().filter_map(|input| input.uri.as_deref()?.strip_prefix(ON_HUB));
    on_hub.next().map_or_else(String::new, |package| {
        let name = package.split(['@', '?', '#']).next().unwrap_or_default();
        format!("base_model: {}\nbase_model_relation: finetune\n", quoted(name))
    })
}

fn removal(claim: &ClaimFile<'_>) -> String {
    let predicate = &claim.statement.predicate;
    let asked = &predicate.build_definition.external_parameters;
    let classes = claim.statement.forgotten_in_all().iter().map(|entry| &entry.class);
    let block = RemovalBlock {
        forgotten: classes.map(|class| (class.index, class.label.as_deref())).collect(),
        method: &asked.method,
        slot: asked.slot.name(),
        seal: asked.seal,
        attestation: claim.name,
    };
    block.text()
}

/// Figures on labelled data as hubs show them: the data by their digest, since their name is not in the
/// claim.
fn model_index(evaluation: &RecordedEvaluation, model: &str) -> String {
    let kind = format!("{}-embeddings", data_kind(evaluation));
    let digest = evaluation.data.first().map_or("unknown", |data| &data.digest.sha256);
    let figure = |id: &str, figure: &Figure| json!({"type": id, "name": words::name(figure, None), "value": figure.value});
    let figures = evaluation
        .metrics
        .iter()
        .flat_map(|metric| metric.figures.iter().map(move |measured| (metric, measured)))
        // The cells of a table are no metrics by themselves.
        .filter(|(_, measured)| measured.to.is_none() || measured.unit != "rows")
        .map(|(metric, measured)| figure(&metric.id, measured));
    let results = json!([{
        "task": {"type": "classification"},
        "dataset": {"type": kind, "name": format!("{} with SHA-256 {digest}", kind.replace('-', " "))},
        "metrics": figures.collect::<Vec<_>>(),
    }]);
    // JSON in one line is YAML.
    format!("model-index:\n- name: {}\n  results: {results}\n", quoted(model))
}

fn summary(claim: &ClaimFile<'_>, model: &str) -> String {
    let predicate = &claim.statement.predicate;
    let asked = &predicate.build_definition.external_parameters;
    let classes: Vec<String> = claim.statement.forgotten_in_all().iter().map(named).collect();
    let slots = match (asked.slot, is_sealed(asked)) {
        (Slot::Drop, _) => "The outputs are gone and the other classes renumbered.",
        (Slot::Keep, true) => {
            "Shapes and labels are those of the original; the forgotten outputs are sealed."
        }
        (Slot::Keep, false) => {
            "Shapes and labels are those of the original; the forgotten outputs are not sealed."
        }
    };
    let place = predicate.removal.location.position;
    let at = place.map_or_else(String::new, |place| format!(", for every {}", place.name()));
    let signed = if claim.bundle.is_some() { "signed" } else { "not signed" };
    format!(
        "# {}\n\nClasses removed at the classifier head{at}: {}. {slots}\n\n\
         What was changed, how, and what was measured is in `{}` ({signed}, SHA-256 `{}`).\n",
        line(model),
        classes.join(", "),
        claim.name,
        claim.digest
    )
}

fn checks(verification: &Verification, words: Words) -> String {
    let result = match verification.result {
        Verdict::Failed => "failed",
        Verdict::Passed => "passed",
    };
    let text = format!("\n## Verification: {result}\n\n");
    verification
        .checks
        .iter()
        .fold(text, |text, check| text + &row(check, (words.check)(&check.id, check.version)))
}

fn row(check: &RecordedCheck, definition: Option<&Definition>) -> String {
    let result = match check.result {
        Outcome::Failed => "failed",
        Outcome::Informative => "no verdict",
        Outcome::Passed => "passed",
    };
    let shows = definition.map_or("this version of declass does not know it", |definition| definition.shows);
    let figures = check.figures.iter().map(|figure| format!("  - {}\n", line(&words::line(figure, None))));
    format!("- `{}`, {result}: {shows}\n{}", line(&check.id), figures.collect::<String>())
}

fn measured(evaluation: &RecordedEvaluation, words: Words) -> String {
    let data = evaluation.data.iter().map(|data| {
        format!(
            "`{}`, {} embeddings of width {} (SHA-256 `{}`)",
            line(&data.name),
            data.rows,
            data.width,
            line(&data.digest.sha256)
        )
    });
    let text = format!(
        "\n## Measured on {} data\n\nOn {}, brought by whoever made this release ({}). The figures are in the front \
         matter.\n\n",
        data_kind(evaluation),
        data.collect::<Vec<_>>().join(" and "),
        evaluation.tier().meaning()
    );
    let known = evaluation.metrics.iter().filter_map(|it| (words.metric)(&it.id, it.version));
    known.fold(text, |text, Definition { id, shows, not_shown, .. }| {
        text + &format!("- `{id}` shows: {shows} It does not show: {not_shown}\n")
    })
}

/// Whether there were labels, in a word.
fn data_kind(evaluation: &RecordedEvaluation) -> &'static str {
    if evaluation.tier() == Tier::T1 { "unlabelled" } else { "labelled" }
}

fn not_claimed(predicate: &Predicate) -> String {
    let text = "\n## Not claimed\n\n".to_owned();
    let of_places = predicate.removal.location.position.and_then(|place| place.not_claimed());
    let all = predicate.removal.not_claimed.iter().map(|what| what.name()).chain(of_places);
    all.fold(text, |text, what| text + &format!("- {what}\n"))
}

fn is_sealed(asked: &Parameters) -> bool {
    asked.slot == Slot::Keep && asked.seal
}

fn named(entry: &ForgottenClass) -> String {
    match &entry.class.label {
        Some(label) => format!("{} `{}`", entry.class.index, line(label).replace('`', "'")),
        None => entry.class.index.to_string(),
    }
}

/// Text that stays in its line, and is read in the order in which it is written.
fn line(text: &str) -> String {
    let moves = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if moves(c) { ' ' } else { c }).collect()
}
