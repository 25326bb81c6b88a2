//! What a `config.json` says about the classes.

use std::collections::BTreeSet;

use declass_formats::{Artifact, Role};
use serde_json::{Map, Value};

use super::{
    super::{
        literal, refusal,
        refuse::{architectures, classifies},
    },
    Stated,
    agree::{check, contradiction, overlap, spelling},
    maps::{Indices, of_map, ordered},
};
use crate::{
    classes::{Labels, is_generic, printable},
    error::Error,
};

/// Objects in a configuration that may speak of the classes, too, and which of their keys do.
pub(crate) const PARTS: [&str; 2] = ["text_config", "vision_config"];
const LISTS: [&str; 3] = ["id2label", "label_names", "labels"];
/// What timm hands to the code that makes the model, whatever the rest says.
pub(crate) const ARGUMENTS: &str = "model_args";
/// Keys with the number of classes. What the last says is an old library's own note, and is not held against the
/// labels.
pub(crate) const COUNTS: [&str; 3] = ["num_classes", "num_labels", "_num_labels"];

/// The class count of a configuration, with the labels if it has them.
///
/// # Errors
/// If they contradict themselves or each other.
pub(super) fn stated(artifact: &Artifact, config: &Value) -> Result<Option<Stated>, Error> {
    check_repeated(artifact)?;
    of_value(config)
}

/// The same of the parsed text.
pub(super) fn of_value(config: &Value) -> Result<Option<Stated>, Error> {
    let given = config.get(ARGUMENTS).and_then(|part| counts(part).into_iter().next());
    match (stated_first(config)?, given) {
        (Some(stated), Some((key, other))) if other != stated.count => {
            let (first, count) = (&stated.source, stated.count);
            let what = format!("{first} says {count} classes, and {} says {other}", source(ARGUMENTS, key));
            Err(contradiction(&what))
        }
        (Some(stated), _) => Ok(Some(stated)),
        (None, Some((key, count))) => {
            Ok(Some(counted(count, source(ARGUMENTS, key), pretrained_names(config, count))))
        }
        (None, None) => Ok(by_default(config)),
    }
}

fn stated_first(config: &Value) -> Result<Option<Stated>, Error> {
    for (place, part) in parts(config) {
        if let Some(stated) = stated_in(config, part, place)? {
            return Ok(Some(stated));
        }
    }
    let pretrained = config.get("pretrained_cfg");
    if let Some(count) = pretrained.and_then(|part| count_at(part, "num_classes")) {
        let source = "config.json `pretrained_cfg.num_classes`".into();
        return Ok(Some(counted(count, source, pretrained_names(config, count))));
    }
    Ok(None)
}

/// Two labels are the default of the transformers library, and defaults are not written.
fn by_default(config: &Value) -> Option<Stated> {
    let default =
        config.get("model_type").is_some() && architectures(config).iter().any(|name| classifies(name));
    let source =
        "config.json (two classes by default, since it has neither `id2label` nor `num_labels`)".to_owned();
    default.then(|| counted(2, source, None))
}

fn counted(count: usize, source: String, named: Option<Labels>) -> Stated {
    Stated { count, source, named, beside: false, notes: Vec::new() }
}

fn parts(config: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let nested = PARTS.into_iter().filter_map(|name| Some((name, config.get(name)?)));
    std::iter::once(("", config)).chain(nested)
}

fn source(place: &str, key: &str) -> String {
    if place.is_empty() { format!("config.json `{key}`") } else { format!("config.json `{place}.{key}`") }
}

fn stated_in(config: &Value, part: &Value, place: &str) -> Result<Option<Stated>, Error> {
    let mut lists = lists(part, place)?;
    let pairs = part.get("label2id").and_then(Value::as_object).filter(|map| !map.is_empty());
    let inverse = pairs.and_then(|map| of_map(map, Indices::Values).ok()).filter(|names| !is_generic(names));
    if lists.iter().all(|labels| is_generic(&labels.names))
        && let Some(names) = inverse.filter(|names| lists.iter().all(|it| it.names.len() == names.len()))
    {
        lists.insert(0, Labels { names, source: source(place, "label2id") });
    }
    let counts = counts(part);
    let Some(first) = lists.first().cloned() else {
        let Some((key, count)) = counts.first() else { return Ok(None) };
        return Ok(Some(counted(*count, source(place, key), pretrained_names(config, *count))));
    };
    let count = first.names.len();
    if let Some((key, other)) = counts.iter().find(|(key, other)| *key != COUNTS[2] && *other != count) {
        let what = format!("{} has {count} entries, and {} says {other}", first.source, source(place, key));
        return Err(contradiction(&what));
    }
    // A list of something else may have the same key.
    lists.retain(|labels| labels.names.len() == count || overlap(&labels.names, &first.names));
    if let Some(other) = lists.iter().find(|labels| labels.names.len() != count) {
        let entries = other.names.len();
        let what = format!("{} has {count} entries, and {} has {entries}", first.source, other.source);
        return Err(contradiction(&what));
    }
    if let Some(pairs) = pairs {
        check_pairs(&first, pairs, &source(place, "label2id"))?;
    }
    lists.extend(pretrained_names(config, count));
    let notes = check(&lists)?;
    Ok(Some(Stated { notes, ..counted(count, first.source.clone(), Some(first)) }))
}

/// Every full list of names, in the order of [`LISTS`].
fn lists(part: &Value, place: &str) -> Result<Vec<Labels>, Error> {
    let is_filled = |value: &&Value| match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => false,
    };
    let mut lists = Vec::new();
    for key in LISTS {
        let Some(value) = part.get(key).filter(is_filled) else { continue };
        let names = match value {
            Value::Object(map) if key == "id2label" && map.keys().all(|key| key.parse::<u64>().is_ok()) => {
                of_map(map, Indices::Keys)
            }
            _ => ordered(value),
        };
        let names = names.map_err(|problem| {
            let source = source(place, key);
            refusal(format!("the labels in {source} are not in order: {problem}"), "correct config.json")
        })?;
        lists.push(Labels { names, source: source(place, key) });
    }
    Ok(lists)
}

fn counts(part: &Value) -> Vec<(&'static str, usize)> {
    COUNTS.into_iter().filter_map(|key| Some((key, count_at(part, key)?))).collect()
}

fn count_at(part: &Value, key: &str) -> Option<usize> {
    usize::try_from(part.get(key)?.as_u64()?).ok()
}

/// A map from names to indices must not give a name to another class than the list does. Where two classes have
/// one name it has fewer entries; the map that is a library's default says nothing.
fn check_pairs(labels: &Labels, pairs: &Map<String, Value>, source: &str) -> Result<(), Error> {
    let names: Vec<String> = pairs.keys().cloned().collect();
    if is_generic(&names) || is_generic(&labels.names) || !overlap(&labels.names, &names) {
        return Ok(());
    }
    let spelling = spelling(&[&labels.names, &names]);
    for (name, index) in pairs {
        let class = index.as_u64().and_then(|index| usize::try_from(index).ok());
        let here = class.and_then(|class| labels.names.get(class));
        if here.is_some_and(|label| spelling(label) == spelling(name)) {
            continue;
        }
        let what = match (class, here) {
            (Some(class), Some(label)) => {
                let label = printable(label);
                format!(
                    "class {class} is `{label}` in {} and `{}` in {source}",
                    labels.source,
                    printable(name)
                )
            }
            _ => {
                format!(
                    "`{}` has the index {index} in {source}, and {} has no such class",
                    printable(name),
                    labels.source
                )
            }
        };
        return Err(contradiction(&what));
    }
    Ok(())
}

/// timm keeps the labels of the original training beside, which hold only for as many classes.
fn pretrained_names(config: &Value, count: usize) -> Option<Labels> {
    let names = ordered(config.get("pretrained_cfg")?.get("label_names")?).ok()?;
    let source = "config.json `pretrained_cfg.label_names`".to_owned();
    (names.len() == count).then_some(Labels { names, source })
}

/// Readers of JSON differ in which of two entries with one key they take.
fn check_repeated(artifact: &Artifact) -> Result<(), Error> {
    let Some(file) = artifact.files().iter().find(|file| file.role == Role::Config) else { return Ok(()) };
    let Ok(text) = String::from_utf8(artifact.read_file(&file.path)?) else { return Ok(()) };
    let whole = 0..text.len();
    let mut found = repeated(&text, whole.clone(), |key| is_about_classes(key) || PARTS.contains(&key));
    let mut objects = vec![whole.clone()];
    objects.extend(PARTS.iter().filter_map(|part| literal::member(&text, whole.clone(), part)));
    for key in LISTS.into_iter().chain(["label2id"]) {
        for object in &objects {
            let map = literal::member(&text, object.clone(), key);
            found = found.or_else(|| repeated(&text, map?, |_| true).map(|twice| format!("{key}.{twice}")));
        }
    }
    match found {
        Some(key) => Err(contradiction(&format!("config.json has the key `{}` twice", printable(&key)))),
        None => Ok(()),
    }
}

fn is_about_classes(key: &str) -> bool {
    LISTS.contains(&key) || COUNTS.contains(&key) || key == "label2id"
}

/// The first key of an object that is there twice, of those that matter.
fn repeated(text: &str, span: std::ops::Range<usize>, matters: impl Fn(&str) -> bool) -> Option<String> {
    let mut seen = BTreeSet::new();
    let keys = literal::entries(text, span).into_iter().filter(|entry| !entry.key.is_empty());
    let mut keys = keys.filter_map(|entry| literal::string(text, entry.key)).filter(|key| matters(key));
    keys.find(|key| !seen.insert(key.clone()))
}
