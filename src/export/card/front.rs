//! The front matter: the original's entries that still hold, and those that a removal sets.

use serde_json::{Value, json};

use super::{Subject, cells::one_line};
use crate::{
    claim::{RecordedEvaluation, Tier, names::STATEMENT_FILE},
    evidence::{Figure, words},
    export::{
        front::{RemovalBlock, TAGS},
        yaml::quoted,
    },
};

/// Entries of the original's that do not hold any more: metrics and examples may be of a removed class.
const NOT_KEPT: [&str; 4] = ["class_removal", "metrics", "model-index", "widget"];
/// What the original was made from is not what this model was made from.
const RELATION: [&str; 2] = ["base_model", "base_model_relation"];

/// Metrics that hubs show; all of them are in the claim.
const INDEXED: [&str; 3] = ["forgotten-accuracy", "retained-accuracy", "answer-agreement"];

/// What stands for an original that has no name on the Hub.
const NO_BASE: &str = "# base_model: the original's name on the Hub, if it has one";

/// A card, taken apart.
pub(super) struct Parts<'a> {
    blocks: Vec<Block<'a>>,
    /// What stands below the front matter.
    pub(super) body: &'a str,
}

/// A top level entry of the front matter.
struct Block<'a> {
    key: &'a str,
    text: &'a str,
}

impl Parts<'_> {
    /// Whether an earlier removal wrote the card.
    pub(super) fn is_of_a_release(&self) -> bool {
        self.blocks.iter().any(|block| block.key == "class_removal")
    }
}

pub(super) fn text(subject: &Subject<'_>, parts: &Parts<'_>, heading: &str) -> String {
    let mut text = String::from("---\n");
    // Whoever publishes says where the original is; the card of a release says it of that.
    let relates = parts.is_of_a_release() && subject.on_hub().is_none();
    let kept = |block: &&Block<'_>| {
        let goes = NOT_KEPT.contains(&block.key) || (RELATION.contains(&block.key) && !relates);
        !goes && block.key != "tags"
    };
    let is_said = relates && parts.blocks.iter().any(|block| block.key == RELATION[0]);
    let lines = parts.blocks.iter().filter(kept).flat_map(|block| block.text.split_inclusive('\n'));
    text.extend(lines.filter(|line| line.trim_end() != NO_BASE));
    for (key, value) in subject.beside.config.into_iter().flat_map(kind_of) {
        if !parts.blocks.iter().any(|block| block.key == key) {
            text += &format!("{key}: {value}\n");
        }
    }
    text += &match subject.on_hub() {
        // A changed head is what the Hub calls a fine-tuned model.
        Some(name) => format!("base_model: {}\nbase_model_relation: finetune\n", quoted(name)),
        None if is_said => String::new(),
        None => format!("{NO_BASE}\n"),
    };
    text += "tags:\n";
    let tags = parts.blocks.iter().find(|block| block.key == "tags").map_or_else(Vec::new, Block::items);
    let ours = TAGS.into_iter().filter(|tag| !tags.iter().any(|other| other == tag));
    tags.iter().map(String::as_str).chain(ours).for_each(|tag| text += &format!("- {tag}\n"));
    text += &removal(subject);
    let evaluation = subject.predicate.verification.evaluation.as_ref();
    text.extend(evaluation.map(|evaluation| model_index(evaluation, heading)));
    text + "---\n"
}

fn removal(subject: &Subject<'_>) -> String {
    let asked = &subject.predicate.build_definition.external_parameters;
    let classes = subject.statement.forgotten_in_all().iter().map(|entry| &entry.class);
    let block = RemovalBlock {
        forgotten: classes.map(|class| (class.index, subject.label(class))).collect(),
        method: &asked.method,
        slot: asked.slot.name(),
        seal: asked.seal,
        attestation: STATEMENT_FILE,
    };
    block.text()
}

/// Figures on data of the user as hubs show them: the data by their digest, since their name is not in the claim.
fn model_index(evaluation: &RecordedEvaluation, model: &str) -> String {
    let kind = if evaluation.tier() == Tier::T1 { "unlabelled" } else { "labelled" };
    let digest = evaluation.data.first().map_or("unknown", |data| &data.digest.sha256);
    let figure = |id: &str, figure: &Figure| json!({"type": id, "name": words::name(figure, None), "value": figure.value});
    let figures = evaluation
        .metrics
        .iter()
        .filter(|metric| INDEXED.contains(&&*metric.id))
        .flat_map(|metric| metric.figures.iter().map(move |measured| (metric, measured)))
        .map(|(metric, measured)| figure(&metric.id, measured));
    let results = json!([{
        "task": {"type": "classification"},
        "dataset": {"type": format!("{kind}-embeddings"), "name": format!("{kind} embeddings with SHA-256 {digest}")},
        "metrics": figures.collect::<Vec<_>>(),
    }]);
    // JSON in one line is YAML.
    format!("model-index:\n- name: {}\n  results: {results}\n", quoted(&one_line(model)))
}

/// What hubs call the library and the task of a model, as far as its configuration tells.
fn kind_of(config: &Value) -> Vec<(&'static str, &'static str)> {
    let task = task(config).map(|task| ("pipeline_tag", task));
    library(config).map(|library| ("library_name", library)).into_iter().chain(task).collect()
}

/// The library that a configuration is for.
pub(super) fn library(config: &Value) -> Option<&'static str> {
    match (config["architectures"][0].as_str(), &config["pretrained_cfg"]) {
        (Some(_), _) => Some("transformers"),
        (None, Value::Object(_)) => Some("timm"),
        _ => None,
    }
}

/// The task, by the name that hubs and pipelines have for it.
pub(super) fn task(config: &Value) -> Option<&'static str> {
    const TASKS: [(&str, &str); 7] = [
        ("ForAudioClassification", "audio-classification"),
        ("ForImageClassification", "image-classification"),
        ("ForObjectDetection", "object-detection"),
        ("ForSemanticSegmentation", "image-segmentation"),
        ("ForSequenceClassification", "text-classification"),
        ("ForTokenClassification", "token-classification"),
        ("ForVideoClassification", "video-classification"),
    ];
    match config["architectures"][0].as_str() {
        Some(name) => TASKS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, task)| *task),
        None => library(config).map(|_| "image-classification"),
    }
}

impl Block<'_> {
    /// The entries of a list, in block style (`- a`) or flow style (`[a, b]`).
    fn items(&self) -> Vec<String> {
        let (first, rest) = self.text.split_once('\n').unwrap_or((self.text, ""));
        let flow =
            first.split_once('[').and_then(|(_, list)| list.rsplit_once(']')).map_or("", |(list, _)| list);
        let block = rest.lines().filter_map(|line| line.trim().strip_prefix("- "));
        let items = flow.split(',').chain(block).map(|item| item.trim().trim_matches(['"', '\'']).to_owned());
        items.filter(|item| !item.is_empty()).collect()
    }
}

/// Separates the front matter, entry by entry, from the body.
pub(super) fn split(card: &str) -> Parts<'_> {
    let parts = card.strip_prefix("---\n").and_then(|rest| Some((rest, rest.find("\n---\n")?)));
    let Some((rest, end)) = parts else { return Parts { blocks: Vec::new(), body: card } };
    let (front, body) = (&rest[..=end], &rest[end + "\n---\n".len()..]);
    let mut begins = Vec::new();
    let mut at = 0;
    for line in front.split_inclusive('\n') {
        if !line.starts_with([' ', '-', '#', '\t', '\n']) {
            begins.push(at);
        }
        at += line.len();
    }
    let ends = begins.iter().copied().skip(1).chain([front.len()]);
    let block = |(begin, end): (usize, usize)| {
        let text = &front[begin..end];
        Block { key: text.split(':').next().unwrap_or_default().trim(), text }
    };
    Parts { blocks: begins.iter().copied().zip(ends).map(block).collect(), body }
}
