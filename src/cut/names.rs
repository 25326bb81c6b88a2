//! What trained classifiers call their heads.

/// Module paths of heads, best first. `#` is a number, `|` separates alternatives of one component.
const HEADS: &[&str] = &[
    "score",
    "classifier",
    "classifier.out_proj",
    "classification_head.out_proj",
    "classifier.linear_out|dense|linear",
    "logits_proj",
    "sequence_summary.summary",
    "classifier.#",
    "heads.head",
    "head.fc.fc2",
    "head.fc",
    "head.linear|l|proj",
    "head.head.l",
    "head.classifier.#",
    "head",
    "fc",
    "last_linear",
    "classif",
    "cls_classifier",
    "classifier|head|fc.#",
    "classifier|head|fc.#.#",
    "heads.#",
    "cls_head|linear_head|linear|output|out|logits|dense_out|prediction|predictions",
    "cls_head|linear_head|linear|output|out|logits|dense_out|prediction|predictions.fc|linear|out_proj|dense",
];

/// Second heads whose logits are averaged with the first one's.
const TWINS: &[&str] =
    &["classifier_distill", "cls_classifier", "dist_head", "distillation_classifier", "head_dist"];

/// Wrappers that training loops leave in front of every name.
const WRAPPERS: &[&str] = &["_orig_mod.", "module.", "timm_model."];

/// Wrappers that are only that in front of a head.
const HEAD_WRAPPERS: &[&str] = &["model.", "net."];

/// Parts of names of matrices that look up or route and do not classify.
const LOOKUPS: &[&str] = &[
    "bias_table",
    "cls_token",
    "embed",
    "lm_head",
    "mask_token",
    "patch",
    "position",
    "rel_pos",
    "relative",
    "router",
    "token_type",
    "tokens",
    "wpe",
    "wte",
];

/// The place of a module path in the table, 0 is best; `None` if it is not there.
pub(super) fn rank(module: &str) -> Option<usize> {
    HEADS.iter().position(|pattern| matches(module, pattern))
}

/// The name without what wraps the model.
pub(super) fn unwrapped(name: &str) -> &str {
    let mut rest = name;
    loop {
        let plain = WRAPPERS.iter().find_map(|wrapper| rest.strip_prefix(wrapper));
        let before_head = HEAD_WRAPPERS
            .iter()
            .find_map(|wrapper| rest.strip_prefix(wrapper))
            .filter(|inner| matches!(inner.split('.').next(), Some("classifier" | "fc" | "head")));
        match plain.or(before_head) {
            Some(inner) => rest = inner,
            None => return rest,
        }
    }
}

pub(super) fn is_twin(module: &str) -> bool {
    module.split('.').any(|part| TWINS.contains(&part))
}

/// Whether the module is a head for training only.
pub(super) fn is_auxiliary(module: &str) -> bool {
    module.split('.').any(|part| {
        let numbered =
            part.strip_prefix("aux").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        numbered
            || part.starts_with("auxiliary")
            || matches!(part, "AuxLogits" | "aux_classifier" | "aux_head")
    })
}

pub(super) fn is_lookup(module: &str) -> bool {
    let lower = module.to_lowercase();
    LOOKUPS.iter().any(|part| lower.contains(part)) || lower.replace("gate_proj", "").contains("gate")
}

/// The last number in the path: the index within a Sequential.
pub(super) fn last_index(module: &str) -> Option<usize> {
    module.rsplit('.').find_map(|part| part.parse().ok())
}

/// Whether the module sits in a numbered, repeated block.
pub(super) fn in_block(module: &str) -> bool {
    module.split('.').any(|part| part.parse::<usize>().is_ok())
}

/// The path with its numbers blotted out, alike for all repetitions of a block.
pub(super) fn shape_of(module: &str) -> String {
    let parts = module.split('.').map(|part| if part.parse::<usize>().is_ok() { "#" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

fn matches(module: &str, pattern: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |(part, pattern): (&str, &str)| match pattern {
        "#" => is_number(part),
        _ => pattern.split('|').any(|alternative| alternative == part),
    };
    module.split('.').count() == pattern.split('.').count()
        && module.split('.').zip(pattern.split('.')).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifier_outranks_head_and_head_outranks_fc() {
        assert!(rank("classifier.out_proj") < rank("head.fc"));
        assert!(rank("head") < rank("fc"));
        assert_eq!(rank("classifier.7"), rank("classifier.12"));
        assert_eq!(rank("encoder.fc"), None);
    }

    #[test]
    fn wrappers_come_off() {
        assert_eq!(unwrapped("module._orig_mod.fc.weight"), "fc.weight");
        assert_eq!(unwrapped("model.fc.weight"), "fc.weight");
        assert_eq!(unwrapped("model.head_dist.weight"), "model.head_dist.weight");
        assert_eq!(unwrapped("model.layers.0.fc.weight"), "model.layers.0.fc.weight");
    }

    #[test]
    fn auxiliary_heads_are_told_from_words_that_begin_alike() {
        assert!(is_auxiliary("aux1.fc2") && is_auxiliary("AuxLogits.fc"));
        assert!(!is_auxiliary("auxin.fc"));
    }
}
