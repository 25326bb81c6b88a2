//! Whether two models make the same embeddings.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::{
    cut::{ARGUMENTS, COUNTS, Head, PARTS, Source},
    verify::Changes,
};

/// How the encoder of a model stands to that of the first one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoder {
    /// Nothing differs in front of the head: an input has the same embedding in both, and layers are alike by
    /// construction.
    Same,
    /// Something else differs, or may.
    Other,
}

/// Where a configuration has the names of classes; nothing that is computed hangs on them.
const NAMES: [&str; 5] = ["id2label", "label2id", "label_names", "labels", "label_descriptions"];
/// Where it has what the weights were trained as.
const PRETRAINED: &str = "pretrained_cfg";

impl Encoder {
    /// By what differs inside the weights: tensors of the heads that nothing else reads, and nothing else. What other
    /// files say, such as how inputs are prepared, is not looked at here.
    #[must_use]
    pub fn of(changes: &Changes, heads: [&Head; 2]) -> Self {
        let read =
            |head: &Head| head.branches.iter().map(|it| (it.embedding.clone(), it.width)).collect::<Vec<_>>();
        let own = |head: &'_ Head| -> BTreeSet<String> {
            let operands = head.branches.iter().flat_map(|it| std::iter::once(&it.weight).chain(&it.bias));
            // A tensor with other readers, or with rows of something else, is not the head's alone.
            let alone = operands.filter(|it| matches!(it.source, Source::Stored | Source::Whole(_)));
            alone.map(|operand| operand.tensor.clone()).collect()
        };
        let own = heads.map(own);
        let is_head = changes.tensors.iter().all(|it| own.iter().any(|own| own.contains(&it.name)));
        let reads_same = read(heads[0]) == read(heads[1]);
        if is_head && reads_same && changes.structure.is_empty() { Self::Same } else { Self::Other }
    }
}

/// Whether two configurations differ in nothing but the names and the number of classes.
#[must_use]
pub fn differ_in_labels_only(before: &Value, after: &Value) -> bool {
    without_labels(before) == without_labels(after)
}

fn without_labels(config: &Value) -> Value {
    let mut left = config.clone();
    forget_labels(&mut left);
    for part in PARTS.into_iter().chain([ARGUMENTS, PRETRAINED]) {
        left.get_mut(part).into_iter().for_each(forget_labels);
    }
    left
}

fn forget_labels(part: &mut Value) {
    if let Some(members) = part.as_object_mut() {
        members.retain(|key, _| !NAMES.contains(&key.as_str()) && !COUNTS.contains(&key.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_all_that_two_configurations_may_differ_in() {
        let before = json!({"id2label": {"0": "a", "1": "b"}, "num_labels": 2, "hidden_act": "gelu",
            "pretrained_cfg": {"num_classes": 2, "mean": [0.5]}});
        let labels = json!({"id2label": {"0": "a"}, "num_labels": 1, "hidden_act": "gelu",
            "pretrained_cfg": {"num_classes": 1, "mean": [0.5]}});
        assert!(differ_in_labels_only(&before, &labels));
        for pointer in ["/hidden_act", "/pretrained_cfg/mean"] {
            let mut other = labels.clone();
            *other.pointer_mut(pointer).unwrap() = json!("relu");
            assert!(!differ_in_labels_only(&before, &other), "{pointer}");
        }
        assert!(!differ_in_labels_only(&before, &json!({"id2label": {}, "layer_norm_eps": 1e-3})));
    }
}
